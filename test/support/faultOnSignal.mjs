/** Loaded into a server with `--import`: a signal that means nothing to it has it fail as a fault in the program would. */
process.on('SIGWINCH', function failHere() {
  setImmediate(() => {
    throw new Error('the program is at fault')
  })
})
process.on('SIGPWR', function rejectHere() {
  void Promise.reject(new Error('nobody waits for this'))
})
