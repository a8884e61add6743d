import { wireFromText } from '../../grip/headerText.ts'
import { contentTemplate } from './contentTemplate.ts'
import { type FilterContext, filterError, type LocalFilter, type Meta, metaValue } from './filter.ts'
import {
  type Directive,
  type Fault,
  parseTemplate,
  type Rendered,
  renderTemplate,
  substituteVariable,
  unknownDirective,
} from './template.ts'

/** What `%I` stands for. */
export interface IdSettings {
  /** Undefined where no id is current: in the origin's own responses. One character per byte. */
  readonly currentId: string | undefined
  readonly isHex: boolean
}

/**
 * Replaces `%I` in content by the id that a client is to come back with, and `%(id)I` by that id. GRIP: build-id. The channel of
 * the item stands for the item's own id, tracked or not; Pushpin 2.0 takes the one before, 1.36 the item's where it is
 * tracked.
 */
export const buildId: LocalFilter = {
  isSync: true,
  apply: (context, content) => {
    const ids = readIdSettings(context.subscriptionMeta, (name) => currentIdOf(context, name))
    if ('fault' in ids) return idError(ids)
    const template = contentTemplate(content)
    if (template === undefined) return content
    const rendered = renderTemplate(template, (directive) => substituteId(directive, ids))
    return 'fault' in rendered ? idError(rendered) : Buffer.from(rendered.text, 'latin1')
  },
}

/** Reads how ids are built; without `idOf` there is no current one. */
export function readIdSettings(
  meta: Meta | undefined,
  idOf: ((channel: string) => string | undefined) | undefined,
): IdSettings | Fault {
  const format = metaValue(meta, 'id_format')
  if (format === undefined) return { fault: "no sub meta 'id_format'" }
  const id = idOf === undefined ? undefined : renderId(format, idOf)
  if (id !== undefined && 'fault' in id) return { fault: `failed to render ID: ${id.fault}` }
  const encoding = metaValue(meta, 'id_encoding')
  if (encoding !== undefined && encoding !== 'hex') return { fault: `unsupported encoding: ${encoding}` }
  return { currentId: id?.text, isHex: encoding === 'hex' }
}

/** Gives the bytes that stand in the place of `%I` or `%(id)I`. */
export function substituteId({ type, argument }: Directive, { currentId, isHex }: IdSettings): Rendered {
  if (type !== 'I') return unknownDirective(type)
  const id = argument ?? currentId
  if (id === undefined) return { fault: 'No ID specified and no default ID in context' }
  return { text: isHex ? Buffer.from(id, 'latin1').toString('hex') : id }
}

/** The result for a fault of this filter. */
export function idError({ fault }: Fault): ReturnType<typeof filterError> {
  return filterError(`build-id: ${fault}`)
}

function currentIdOf({ channel, itemId, prevIds }: FilterContext, name: string): string | undefined {
  return name === channel ? itemId : prevIds.get(name)
}

function renderId(format: string, idOf: (channel: string) => string | undefined): Rendered {
  return renderTemplate(parseTemplate(wireFromText(format)), (directive) =>
    substituteVariable(directive, idOf),
  )
}
