import { Duplex } from 'node:stream'

/** Two ends of a connection inside the process: what is written to one is read from the other, in a later turn. */
export function duplexPair(): [Duplex, Duplex] {
  const a: Duplex = createEnd(() => b)
  const b: Duplex = createEnd(() => a)
  return [a, b]
}

function createEnd(other: () => Duplex): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => {
        if (!other().destroyed) other().push(chunk)
        done()
      })
    },
    final(done) {
      other().push(null)
      done()
    },
    destroy(error, done) {
      setImmediate(() => other().destroy())
      done(error)
    },
  })
}
