/**
 * Jest reporter: names every skipped test with its reason, then prints `N passed, N failed, N skipped` as the last line.
 * A skipped test carries its reason in its name, see `suite.ts`.
 */
module.exports = class CountReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap((file) =>
      file.testResults.filter((test) => test.status === 'pending' || test.status === 'todo'),
    );
    for (const test of skipped) console.log(`skipped: ${test.fullName}`);
    const unloaded = results.testResults.filter((file) => file.testExecError).length;
    const failed = results.numFailedTests + unloaded;
    console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`);
  }
};
