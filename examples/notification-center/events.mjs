/** Notifications as Server-Sent Events, and the channels that they travel on. */

/** The channel of what is for everybody. */
export const EVERYBODY = 'notifications'

/** The channel of what is for one user, in however many windows. */
export const channelOf = (user) => (user === undefined ? EVERYBODY : `notifications-${user}`)

/** A notification as an event; its id is what a browser that was cut off comes back with. */
export function eventOf({ id, to, text }) {
  return `id: ${id}\ndata: ${JSON.stringify({ id, text, isForAll: to === undefined })}\n\n`
}

/** That a user has read all up to an id, for the other windows; without an id of its own, for it is no notification. */
export function readEventOf(id) {
  return `event: read\ndata: ${id}\n\n`
}
