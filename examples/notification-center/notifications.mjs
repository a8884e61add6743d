/** The notifications that were sent, to one user or to all; an application has them in its database. */
export function createNotifications() {
  const sent = []
  const readUpTo = new Map()
  const isFor = (user) => (notification) => notification.to === undefined || notification.to === user
  return {
    /** Writes one down and gives it the next id; `to` is undefined when it is for all. */
    add({ to, text }) {
      const notification = { id: sent.length + 1, to, text }
      sent.push(notification)
      return notification
    },
    /** Those for a user that came after the one with this id. */
    after: (id, user) => sent.filter((notification) => notification.id > id && isFor(user)(notification)),
    /** The id of the newest that was sent to this user alone, or to all when `to` is undefined; 0 when there is none. */
    newestId: (to) => sent.findLast((notification) => notification.to === to)?.id ?? 0,
    /** Up to which id a user has read them. */
    readUpTo: (user) => readUpTo.get(user) ?? 0,
    markRead: (user, id) => readUpTo.set(user, Math.max(id, readUpTo.get(user) ?? 0)),
  }
}
