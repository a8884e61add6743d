import { option } from '../option.ts'
import { integer, text } from '../valueTypes.ts'
import { globalStatsOptions } from './statsOptions.ts'

const MAX_PORT = 65535

/** `[global]`: what the other sections refer to. */
export const globalOptions = {
  ...globalStatsOptions,
  include: option({
    key: 'include',
    type: text,
    default: '',
    about:
      'One further file with settings that this one lacks; `internal.conf` and `{libdir}/internal.conf` name ' +
      "Pushpin's own defaults and are not read.",
  }),
  runDirectory: option({
    key: 'rundir',
    type: text,
    default: '',
    about: 'What `{rundir}` stands for in other values.',
  }),
  libDirectory: option({
    key: 'libdir',
    type: text,
    default: '',
    about: 'What `{libdir}` stands for in other values.',
  }),
  ipcPrefix: option({
    key: 'ipc_prefix',
    type: text,
    default: 'pushpin-',
    about: 'What `{ipc_prefix}` stands for in other values; `--id=N` makes it `pN-`.',
  }),
  portOffset: option({
    key: 'port_offset',
    type: integer(0, MAX_PORT),
    default: 0,
    about:
      'Added to the control port and to the ports of ZeroMQ sockets, not to the ports for clients; `--id=N` makes it 10 × N.',
  }),
}
