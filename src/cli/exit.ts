/** How the program ends. Signals add 128 to their number, as shells have it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  badConfiguration: 2,
  badUsage: 2,
  interrupted: 130,
  terminated: 143,
} as const
