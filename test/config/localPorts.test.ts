import { expect, test } from 'vitest'
import { localPorts } from '../../src/config/localPorts.ts'

const files: Readonly<Record<string, string>> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n',
  '/etc/group': 'root:x:0:\nwww-data:x:34:\n',
}

function parse(...items: string[]) {
  return localPorts.parse(
    { text: items.join(','), items },
    { directory: '/etc/holdfast', readFile: (path) => files[path] ?? '' },
  )
}

const PLAIN = { mode: undefined, uid: undefined, gid: undefined }

test.each([
  ['an absolute path', '/run/clients', { ...PLAIN, path: '/run/clients' }],
  ['a path beside the configuration file', 'run/clients', { ...PLAIN, path: '/etc/holdfast/run/clients' }],
  ['a mode', '/run/c?mode=660', { ...PLAIN, path: '/run/c', mode: 0o660 }],
  ['names of user and group', '/c?user=www-data&group=www-data', { ...PLAIN, path: '/c', uid: 33, gid: 34 }],
  ['numbers of user and group', '/c?user=1000&group=0', { ...PLAIN, path: '/c', uid: 1000, gid: 0 }],
])('a unix socket is configured by %s', (_case, text, expected) => {
  expect(parse(text)).toEqual([expected])
})

test.each([
  ['no path', '?mode=660'],
  ['an unknown option', '/c?owner=me'],
  ['a mode that is not octal', '/c?mode=689'],
  ['a user that the system does not have', '/c?user=nobody-here'],
])('a unix socket with %s is refused with what was found', (_case, text) => {
  expect(() => parse(text)).toThrow(/expected .*, found "/)
})
