import { DROP, type FilterContext, type LocalFilter, metaValue } from './filter.ts'

/** Keeps an item from the user who sent it. GRIP: skip-self. */
export const skipSelf: LocalFilter = {
  isSync: true,
  apply: ({ subscriptionMeta, itemMeta }, content) => {
    const user = metaValue(subscriptionMeta, 'user')
    return user && user === metaValue(itemMeta, 'sender') ? DROP : content
  },
}

/** Keeps an item from the users that it names. GRIP: skip-users. */
export const skipUsers: LocalFilter = {
  isSync: true,
  apply: (context, content) => (isSkipped(context) ? DROP : content),
}

/** Keeps an item from those who do not also hold the channel that it names. GRIP: require-sub. */
export const requireSub: LocalFilter = {
  isSync: true,
  apply: ({ itemMeta, prevIds }, content) => {
    const channel = metaValue(itemMeta, 'require_sub')
    return channel && !prevIds.has(channel) ? DROP : content
  },
}

function isSkipped({ subscriptionMeta, itemMeta }: FilterContext): boolean {
  const user = metaValue(subscriptionMeta, 'user')
  const skipped = metaValue(itemMeta, 'skip_users')
  if (!user || !skipped) return false
  return skipped.split(',').some((name) => name.trim() === user)
}
