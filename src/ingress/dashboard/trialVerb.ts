import type { Clock } from '../../edges/clock.ts'
import { errorAnswer, failCall } from '../admin/adminAnswer.ts'
import type { ControlReply, ControlStream, ControlVerb } from '../controlVerb.ts'
import { EVENT_STREAM_HEADERS, encodeEvent } from './serverSentEvent.ts'
import { type OpenTrial, parseTrial, type TrialSink } from './trial.ts'

/** Trials under way at the same time. */
const MAX_TRIALS = 16

/** What may wait for a window; more ends the trial. */
const MAX_BYTES_QUEUED = 1024 * 1024

/** Builds the verb that is a client of the proxy in the place of a browser, and tells each step as an event. */
export function createTrialVerb(open: OpenTrial, clock: Clock): ControlVerb {
  let count = 0
  const run = (body: Buffer, reply: ControlReply): void => {
    const trial = parseTrial(body)
    if (count >= MAX_TRIALS) {
      reply.answer(errorAnswer(503, `${MAX_TRIALS} trials are under way`))
      return
    }
    const stream = reply.stream(EVENT_STREAM_HEADERS)
    count++
    const stop = open(trial, sinkTo(stream, clock))
    stream.onClose = () => {
      count--
      stop()
    }
  }
  return { method: 'POST', scope: 'admin', negotiates: false, needsLength: false, run: answering(run) }
}

function sinkTo(stream: ControlStream, clock: Clock): TrialSink {
  const startedMs = clock.now()
  const tell = (name: string, text: string): void => {
    stream.write(encodeEvent(name, { atMs: Math.round(clock.now() - startedMs), text }))
    if (stream.bytesQueued > MAX_BYTES_QUEUED) stream.end()
  }
  return {
    onSent: (text) => tell('sent', text),
    onReceived: (text) => tell('received', text),
    onNote: (text) => tell('note', text),
    onEnd: () => stream.end(),
  }
}

function answering(run: ControlVerb['run']): ControlVerb['run'] {
  return (body, reply) => {
    try {
      run(body, reply)
    } catch (error) {
      failCall(error, reply)
    }
  }
}
