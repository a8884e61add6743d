/** A shop whose numbers change: an application has them from its database or its machines. */

const START = { orders: 1200, visitors: 340, answerMs: 42 }

/** Creates the numbers; `next` moves each of them a little and answers all. */
export function createShop() {
  let numbers = START
  return {
    now: () => numbers,
    next() {
      numbers = {
        orders: numbers.orders + Math.floor(Math.random() * 4),
        visitors: between(0, numbers.visitors + Math.round((Math.random() - 0.5) * 20), 1000),
        answerMs: between(5, numbers.answerMs + Math.round((Math.random() - 0.5) * 10), 200),
      }
      return numbers
    },
  }
}

const between = (least, value, most) => Math.min(most, Math.max(least, value))
