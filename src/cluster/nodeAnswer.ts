/** What a node says of itself when all are asked. Answers are plain data. */
export interface NodeFacts {
  /** All of it in numbers. */
  status(): Promise<unknown>
  /** Its last warnings and errors. */
  errors(): Promise<unknown>
}

/** What one node has answered. */
export interface NodeAnswer {
  /** New with each start of the node. */
  readonly id: string
  /** What people call it; two nodes may have the same. */
  readonly name: string
  /** Whether it is the one that has asked. */
  readonly isSelf: boolean
  /** Undefined where it does not answer in time, or has fallen silent. */
  readonly answer: unknown
}
