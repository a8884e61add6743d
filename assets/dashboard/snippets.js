/** Ways to publish an item; `write({ url, item, isLocked })` gives the code. The key is never in it. */
export const SNIPPETS = [
  { title: 'curl', write: writeCurl },
  { title: 'Node.js', write: writeNode },
  { title: 'Python', write: writePython },
]

function writeCurl({ url, item, isLocked }) {
  const key = isLocked ? ` -H "Authorization: Bearer $KEY"` : ''
  return `curl ${url}${key} \\\n  -d ${quoteForShell(JSON.stringify({ items: [item] }))}`
}

/** Between single quotes a shell takes everything as it is but the single quote. */
function quoteForShell(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function writeNode({ url, item, isLocked }) {
  const key = isLocked ? `\n  headers: { Authorization: 'Bearer ' + process.env.KEY },` : ''
  const json = JSON.stringify(item, undefined, 2).replaceAll('\n', '\n  ')
  return `const item = ${json.replaceAll('\n  ', '\n')}

const response = await fetch('${url}', {
  method: 'POST',${key}
  body: JSON.stringify({ items: [item] }),
})
console.log(response.status, await response.text())`
}

/** JSON within a Python text, so that what only JSON knows needs no translation. */
function writePython({ url, item, isLocked }) {
  const json = JSON.stringify({ items: [item] })
  const key = isLocked ? `\nrequest.add_header('Authorization', 'Bearer ' + os.environ['KEY'])` : ''
  return `import ${isLocked ? 'os, ' : ''}urllib.request

body = ${JSON.stringify(json)}
request = urllib.request.Request(
    '${url}', body.encode(), method='POST')${key}
with urllib.request.urlopen(request) as response:
    print(response.status, response.read().decode())`
}
