import { tryKey } from './api.js'
import { element, field, outcomeLine } from './dom.js'

/** Asks for a key in front of all else; resolves when one fits. */
export function askForKey(place) {
  const input = element('input', { type: 'password', autocomplete: 'current-password', required: true })
  const { row } = field('Key', input, 'The key, a token with the scope admin, or user:password.')
  const { line, fail } = outcomeLine()
  const form = element('form', { class: 'key' }, row, element('button', {}, 'Open'), line)
  const section = element('section', { 'aria-label': 'Key' }, element('h2', {}, 'This port is locked'), form)
  place.prepend(section)
  input.focus()
  return new Promise((resolve) => {
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      if (await tryKey(input.value.trim())) {
        section.remove()
        resolve()
      } else fail('That does not open it.')
    })
  })
}
