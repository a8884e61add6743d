/**
 * Makes an element. Properties that the element has are set, others become attributes, functions named `on...` listeners; false and
 * undefined are left out. Texts among the children are always text, never markup.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') made.addEventListener(name.slice(2), value)
    else made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...children.filter((child) => child !== undefined))
  return made
}

let fieldCount = 0

/** Makes a labelled control: `{ row, control }`. */
export function field(label, control, hint) {
  const id = `field-${++fieldCount}`
  control.id = id
  const note = hint === undefined ? undefined : element('small', { id: `${id}-hint` }, hint)
  if (note !== undefined) control.setAttribute('aria-describedby', note.id)
  const row = element('div', { class: 'field' }, element('label', { for: id }, label), control, note)
  return { row, control }
}

/** Makes a select of `[value, text]` pairs. */
export function select(choices) {
  return element('select', {}, ...choices.map(([value, text]) => element('option', { value }, text)))
}

/** Makes a line for outcomes, which screen readers tell. `say(text)` and `fail(text)` write on it. */
export function outcomeLine() {
  const line = element('output', { class: 'outcome' })
  const write = (text, failed) => {
    line.textContent = text
    line.toggleAttribute('data-failed', failed)
  }
  return { line, say: (text) => write(text, false), fail: (text) => write(text, true) }
}

/** Makes a list of terms and what they are; a value may be an element. */
export function facts(pairs) {
  return element(
    'dl',
    {},
    ...pairs.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, value)]),
  )
}

/** Makes a block of code with its title and a button that copies it; `show(text)` sets it. */
export function codeBlock(label) {
  const code = element('pre', { tabindex: '0', role: 'region', 'aria-label': label })
  const copy = element('button', { type: 'button', class: 'plain copy' }, 'Copy')
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code.textContent)
    copy.textContent = 'Copied'
    setTimeout(() => {
      copy.textContent = 'Copy'
    }, 1500)
  })
  const head = element('div', { class: 'code-head' }, element('h3', {}, label), copy)
  const block = element('div', { class: 'code' }, head, code)
  return {
    block,
    show: (text) => {
      code.textContent = text
    },
  }
}
