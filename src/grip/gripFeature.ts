/** What this proxy does beyond the first GRIP draft; only what works is listed. GRIP: Grip-Feature. */
export const GRIP_FEATURES: readonly string[] = [
  'status',
  'link:next',
  'link:gone',
  'filter:skip-self',
  'filter:skip-users',
  'filter:require-sub',
  'filter:build-id',
  'filter:var-subst',
  'filter:http-check',
  'filter:http-modify',
]

/** The value of the Grip-Feature request header. */
export const GRIP_FEATURE_VALUE = GRIP_FEATURES.join(', ')
