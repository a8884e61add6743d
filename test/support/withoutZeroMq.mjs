// Preloaded by programs that are to run as if the package `zeromq` were not installed.
import { register } from 'node:module'

const hooks = `export async function resolve(name, context, next) {
  if (name !== 'zeromq') return next(name, context)
  throw Object.assign(new Error("Cannot find package 'zeromq'"), { code: 'ERR_MODULE_NOT_FOUND' })
}`

register(`data:text/javascript,${encodeURIComponent(hooks)}`)
