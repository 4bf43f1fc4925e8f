/**
 * Jest runner for a project whose test files must not run side by side, however many workers there are: they share one
 * cluster, or each needs the whole computer. `isSerial` is part of the runner interface (https://jestjs.io/docs/configuration#runner-string).
 */
const { default: TestRunner } = require('jest-runner');

module.exports = class SerialRunner extends TestRunner {
  isSerial = true;
};
