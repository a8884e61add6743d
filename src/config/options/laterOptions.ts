import { type Option, option, type SectionName } from '../option.ts'
import { boolean, integer, limit, text } from '../valueTypes.ts'

/** Pushpin settings that are read and checked but have no effect yet; setting one to another value is warned about. */
export const laterOptions: Readonly<Record<SectionName, readonly Option<unknown>[]>> = {
  global: [],
  runner: [],
  proxy: [
    option({ key: 'workers', type: integer(1, 1024), default: 1, about: 'Processes that serve clients.' }),
    option({
      key: 'max_open_requests',
      type: limit,
      default: undefined,
      about: 'Requests that are proxied at one time.',
    }),
  ],
  handler: [
    option({
      key: 'state_spec',
      type: text,
      default: '',
      about: 'ZeroMQ socket of a session state service.',
    }),
    option({
      key: 'share_all',
      type: boolean,
      default: false,
      about: 'Whether identical concurrent requests share one origin request.',
    }),
  ],
  control: [],
  cluster: [],
}
