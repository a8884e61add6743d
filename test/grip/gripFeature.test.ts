import { expect, it } from 'vitest'
import { GRIP_FEATURE_VALUE, GRIP_FEATURES } from '../../src/grip/gripFeature.ts'

it('Grip-Feature names what works, as a comma list', () => {
  expect(GRIP_FEATURES).toContain('status')
  expect(GRIP_FEATURE_VALUE.split(', ')).toEqual(GRIP_FEATURES)
})
