import { hasKey, post } from './api.js'
import { codeBlock, element, field, outcomeLine, select } from './dom.js'
import { FORMATS } from './formats.js'
import { SNIPPETS } from './snippets.js'

/** The panel that publishes, and shows how a program would. */
export function createPublishPanel(section) {
  const form = createForm()
  const { line, say, fail } = outcomeLine()
  const snippets = createSnippets()
  const button = element('button', {}, 'Publish')
  const place = element(
    'form',
    { class: 'card' },
    ...form.rows,
    element('div', { class: 'bar' }, button, line),
  )
  section.append(element('div', { class: 'columns' }, place, snippets.place))
  const refresh = () => snippets.show(form.read())
  place.addEventListener('input', refresh)
  place.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      const { items } = await post('/publish', { items: [form.read()] })
      say(`Published to ${items[0].holds} ${items[0].holds === 1 ? 'hold' : 'holds'}.`)
    } catch (error) {
      fail(error.message)
    }
  })
  return {
    show: () => {
      const named = /^#publish\/(.*)$/.exec(location.hash)
      if (named !== null) form.setChannel(decodeURIComponent(named[1]))
      refresh()
    },
  }
}

function createForm() {
  const channel = field('Channel', element('input', { value: 'test', required: true, spellcheck: 'false' }))
  const format = field('Format', select(Object.entries(FORMATS).map(([name, { title }]) => [name, title])))
  const id = field('Id (optional)', element('input', { spellcheck: 'false' }))
  const previous = field('Previous id (optional)', element('input', { spellcheck: 'false' }))
  const parts = Object.fromEntries(Object.entries(FORMATS).map(([name, { create }]) => [name, create()]))
  const groups = Object.entries(parts).map(([name, { rows }]) =>
    element(
      'fieldset',
      { 'data-format': name },
      element('legend', { class: 'unseen' }, FORMATS[name].title),
      ...rows,
    ),
  )
  const turn = () => {
    for (const group of groups) group.hidden = group.dataset.format !== format.control.value
  }
  format.control.addEventListener('change', turn)
  turn()
  const read = () => ({
    channel: channel.control.value,
    ...(id.control.value === '' ? {} : { id: id.control.value }),
    ...(previous.control.value === '' ? {} : { 'prev-id': previous.control.value }),
    formats: { [format.control.value]: parts[format.control.value].read() },
  })
  const pair = element('div', { class: 'pair' }, id.row, previous.row)
  return {
    rows: [channel.row, format.row, ...groups, pair],
    read,
    setChannel: (name) => {
      channel.control.value = name
    },
  }
}

/** The same item as a shell line and as programs. */
function createSnippets() {
  const blocks = SNIPPETS.map(({ title, write }) => ({ write, ...codeBlock(title) }))
  const place = element('div', { class: 'card' }, ...blocks.map(({ block }) => block))
  const show = (item) => {
    const call = { url: new URL('/publish', location.href).href, item, isLocked: hasKey() }
    for (const { write, show: showCode } of blocks) showCode(write(call))
  }
  return { place, show }
}
