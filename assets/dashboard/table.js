import { get } from './api.js'
import { element, field } from './dom.js'
import { missingText } from './nodes.js'

const PAGE_ROWS = 50

/** How often the rows are read anew while they are looked at. */
const REFRESH_MS = 3000

/** After the last key of a search. */
const SEARCH_DELAY_MS = 200

/**
 * Makes a table over a listing of the admin API, which searches, sorts and pages: the browser has one page of it, however many rows
 * there are. Columns are `{ title, sort, read, isShown }`; `read` makes the cell's content of a row, `sort` is the name to sort by, and
 * `isShown` says of rows whether the column has something to say. `missing` is what is not listed of nodes that do not answer.
 */
export function createTable({ title, path, name, columns, sort, searchLabel, missing }) {
  const view = { search: '', sort, cursors: [undefined], next: undefined, busy: 0 }
  const body = element('tbody')
  const position = element('p', { role: 'status', class: 'position' })
  const note = element('p', { role: 'status', class: 'warning', hidden: true })
  const heads = columns.map((column) => headCell(column, (wanted) => restart({ sort: wanted })))
  const pager = createPager({ back: () => move(-1), on: () => move(1) })
  const search = element('input', { type: 'search' })
  let waiting
  search.addEventListener('input', () => {
    clearTimeout(waiting)
    waiting = setTimeout(() => restart({ search: search.value.trim() }), SEARCH_DELAY_MS)
  })

  function restart(change) {
    Object.assign(view, change, { cursors: [undefined] })
    for (const { update } of heads) update(view.sort)
    return load()
  }

  function move(step) {
    if (step > 0) view.cursors.push(view.next)
    else view.cursors.pop()
    return load()
  }

  async function load() {
    const turn = ++view.busy
    try {
      const answer = await get(`${path}?${queryOf(view)}`)
      // What was asked for earlier may come later.
      if (turn === view.busy) show(answer[name], answer)
    } catch (error) {
      position.textContent = error.message
    }
  }

  function show(rows, { next, missing: silent = [] }) {
    view.next = next
    const shown = columns.filter(({ isShown }) => isShown === undefined || isShown(rows))
    for (const [i, { cell }] of heads.entries()) cell.hidden = !shown.includes(columns[i])
    body.replaceChildren(...rows.map((row) => rowOf(shown, row)))
    note.textContent = missingText(silent, missing)
    note.hidden = silent.length === 0
    const from = (view.cursors.length - 1) * PAGE_ROWS
    position.textContent = rows.length === 0 ? 'Nothing here.' : `Rows ${from + 1} to ${from + rows.length}`
    pager.update({ isFirst: view.cursors.length === 1, isLast: next === undefined })
  }

  const head = element('thead', {}, element('tr', {}, ...heads.map(({ cell }) => cell)))
  const table = element('table', {}, element('caption', { class: 'unseen' }, title), head, body)
  const place = element(
    'div',
    {},
    element('div', { class: 'bar' }, field(searchLabel, search).row),
    note,
    element('div', { class: 'wide rows', tabindex: '0', role: 'region', 'aria-label': title }, table),
    element('div', { class: 'bar' }, position, pager.place),
  )
  for (const { update } of heads) update(view.sort)
  return { place, load, ...refreshing(load, body) }
}

function queryOf({ search, sort, cursors }) {
  const query = new URLSearchParams({ limit: String(PAGE_ROWS), sort })
  const cursor = cursors.at(-1)
  if (search !== '') query.set('search', search)
  if (cursor !== undefined) query.set('cursor', cursor)
  return query
}

/** A column by which the rows can be sorted has a button as its head; a second press turns the order round. */
function headCell({ title, sort, isNumber }, onSort) {
  const place = { scope: 'col', class: isNumber && 'number' }
  if (sort === undefined) return { cell: element('th', place, title), update: () => {} }
  let current
  const button = element('button', { type: 'button' }, title)
  const cell = element('th', place, button)
  button.addEventListener('click', () => onSort(current === sort ? `-${sort}` : sort))
  const update = (wanted) => {
    current = wanted
    const order = { [sort]: 'ascending', [`-${sort}`]: 'descending' }[wanted]
    if (order === undefined) cell.removeAttribute('aria-sort')
    else cell.setAttribute('aria-sort', order)
  }
  return { cell, update }
}

function rowOf(columns, row) {
  return element(
    'tr',
    {},
    ...columns.map(({ read, wide, isNumber }) =>
      element('td', { class: (wide && 'long') || (isNumber && 'number') }, read(row)),
    ),
  )
}

function createPager({ back, on }) {
  const previous = element('button', { type: 'button', class: 'plain', onclick: back }, 'Previous')
  const next = element('button', { type: 'button', class: 'plain', onclick: on }, 'Next')
  const update = ({ isFirst, isLast }) => {
    previous.disabled = isFirst
    next.disabled = isLast
  }
  return { place: element('div', { role: 'group', 'aria-label': 'Pages' }, previous, next), update }
}

/** Rows that somebody is at with the keyboard, or is copying from, are left as they are. */
function refreshing(load, body) {
  let timer
  const isInUse = () => body.contains(document.activeElement) || !getSelection().isCollapsed
  return {
    show: () => {
      clearInterval(timer)
      timer = setInterval(() => {
        if (!isInUse() && !document.hidden) load()
      }, REFRESH_MS)
      return load()
    },
    hide: () => clearInterval(timer),
  }
}
