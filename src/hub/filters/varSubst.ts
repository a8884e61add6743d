import { contentTemplate } from './contentTemplate.ts'
import { filterError, type LocalFilter, metaValue } from './filter.ts'
import { renderTemplate, substituteVariable } from './template.ts'

/** Replaces `%(name)s` in content by subscription meta. GRIP: var-subst. */
export const varSubst: LocalFilter = {
  isSync: true,
  apply: ({ subscriptionMeta }, content) => {
    const template = contentTemplate(content)
    if (template === undefined) return content
    const rendered = renderTemplate(template, (directive) =>
      substituteVariable(directive, (name) => metaValue(subscriptionMeta, name)),
    )
    return 'fault' in rendered
      ? filterError(`var-subst: ${rendered.fault}`)
      : Buffer.from(rendered.text, 'latin1')
  },
}
