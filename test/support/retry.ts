/**
 * What fails is tried once more: most tests wait for several processes, and a machine that stood still for a while fails
 * them. The second try is reported (`tools/sumTests.mjs` names the test). A property that does not hold for some input is
 * not tried again, because another try takes other inputs.
 */
export const retry = { count: 1, condition: /^(?!Property failed)/ }
