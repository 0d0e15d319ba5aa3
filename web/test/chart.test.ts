// Little charts: what they show of numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartPath, ratesOf } from '../src/model/chart.ts';

test('of what only grows one sees how much it grew', () => {
  assert.deepEqual(ratesOf([5, 7, 7, 20]), [2, 0, 13]);
  assert.deepEqual(ratesOf([9, 3]), [0], 'a server that began anew');
  assert.deepEqual(ratesOf([]), []);
});

test('the line goes from side to side, the most at the top', () => {
  assert.equal(chartPath([1], 100, 20), '');
  assert.equal(chartPath([0, 10, 5], 100, 20), 'M0.0 19.0L50.0 1.0L100.0 10.0');
  assert.equal(chartPath([4, 4], 100, 20), 'M0.0 10.0L100.0 10.0', 'what does not move is in the middle');
});
