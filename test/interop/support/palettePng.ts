import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** Colours that a picture keeps; one byte a pixel names them. */
const MAX_COLORS = 256

/** The most frequent colours are kept as they are: surfaces must not come out in shades. */
const EXACT_COLORS = 96

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** Rows of pixels without filters, three bytes each. */
interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgb: Buffer
}

/** Writes a PNG that a browser has made anew with a palette: pictures of pages have few colours, and are then a third as large. */
export function encodeWithPalette(png: Buffer): Buffer {
  const pixels = decode(png)
  const counts = countColors(pixels.rgb)
  const palette = choosePalette(counts)
  const places = new Map([...counts.keys()].map((color) => [color, nearest(palette, color)]))
  const { width, height, rgb } = pixels
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 1; x <= width; x++, from += 3)
      rows[y * (width + 1) + x] = places.get(rgb.readUIntBE(from, 3))!
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', headOf(pixels)),
    chunk('PLTE', Buffer.concat(palette.map((color) => Buffer.from([color >> 16, color >> 8, color])))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** PNG (third edition) 11.2.1: eight bits a pixel, colours from a palette. */
function headOf({ width, height }: Pixels): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0])
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  return head
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** Reads eight-bit RGB or RGBA, not interlaced, as browsers write it. */
function decode(png: Buffer): Pixels {
  const parts: Buffer[] = []
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const size = png[25] === 6 ? 4 : 3
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), { rowBytes: width * size, size })
  const rgb = Buffer.alloc(width * height * 3)
  for (let i = 0; i < width * height; i++) bytes.copy(rgb, i * 3, i * size, i * size + 3)
  return { width, height, rgb }
}

/** PNG (third edition) 9.2: each row begins with how its bytes differ from those left of and above them. */
function unfilter(filtered: Buffer, { rowBytes, size }: { rowBytes: number; size: number }): Buffer {
  const height = filtered.length / (rowBytes + 1)
  const bytes = Buffer.alloc(rowBytes * height)
  for (let y = 0; y < height; y++) {
    const type = filtered[y * (rowBytes + 1)]!
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x
      const left = x < size ? 0 : bytes[at - size]!
      const above = y === 0 ? 0 : bytes[at - rowBytes]!
      const corner = x < size || y === 0 ? 0 : bytes[at - rowBytes - size]!
      bytes[at] = filtered[at + y + 1]! + predict(type, { left, above, corner })
    }
  }
  return bytes
}

function predict(type: number, { left, above, corner }: Record<'left' | 'above' | 'corner', number>): number {
  switch (type) {
    case 1:
      return left
    case 2:
      return above
    case 3:
      return (left + above) >> 1
    case 4: {
      const [a, b, c] = [left, above, corner].map((value) => Math.abs(left + above - corner - value))
      if (a! <= b! && a! <= c!) return left
      return b! <= c! ? above : corner
    }
    default:
      return 0
  }
}

function countColors(rgb: Buffer): Map<number, number> {
  const counts = new Map<number, number>()
  for (let at = 0; at < rgb.length; at += 3) {
    const color = rgb.readUIntBE(at, 3)
    counts.set(color, (counts.get(color) ?? 0) + 1)
  }
  return counts
}

/** The most frequent colours, and for the others the most frequent of each sixteenth of red, green and blue. */
function choosePalette(counts: ReadonlyMap<number, number>): number[] {
  const colors = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!)
  if (colors.length <= MAX_COLORS) return colors
  const palette = new Set(colors.slice(0, EXACT_COLORS))
  const seen = new Set<number>()
  for (const color of colors.slice(EXACT_COLORS)) {
    if (palette.size === MAX_COLORS) break
    if (seen.has(color & 0xf0f0f0)) continue
    seen.add(color & 0xf0f0f0)
    palette.add(color)
  }
  return [...palette]
}

function nearest(palette: readonly number[], color: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY]
  for (const [i, other] of palette.entries()) {
    const distance =
      ((color >> 16) - (other >> 16)) ** 2 +
      (((color >> 8) & 255) - ((other >> 8) & 255)) ** 2 +
      ((color & 255) - (other & 255)) ** 2
    if (distance < least) [best, least] = [i, distance]
  }
  return best
}
