/** Which room may import which, as docs/rooms.json allows it, and what benchmarks share with tests. `npm run arrows` fails on any other import, and on circles. */
const rooms = require('./docs/rooms.json');

const anyRoom = `^(${Object.keys(rooms).join('|')}|test|bench)/`;

const arrows = Object.entries(rooms).map(([room, { imports, reason }]) => {
  const allowed = [room, ...Object.keys(imports)];
  return {
    name: `arrow-from-${room}`,
    comment:
      `${room}/ may import ${Object.keys(imports).join(', ') || 'no other room'}: ${reason}. ` +
      'Move the code to a room that may, or add the arrow with its reason to docs/rooms.json.',
    severity: 'error',
    from: { path: `^${room}/` },
    to: { path: anyRoom, pathNot: `^(${allowed.join('|')})(/|\\.ts$)` },
  };
});

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'arrow-from-bench',
      comment:
        'bench/ may import test/fixtures/ and no other tests: move what both need there, so that tests can change alone.',
      severity: 'error',
      from: { path: '^bench/' },
      to: { path: '^test/', pathNot: '^test/fixtures/' },
    },
    {
      name: 'arrow-from-fixtures',
      comment: 'test/fixtures/ is what tests and benchmarks share, so it imports neither.',
      severity: 'error',
      from: { path: '^test/fixtures/' },
      to: { path: '^(test|bench)/', pathNot: '^test/fixtures/' },
    },
    {
      name: 'arrow-to-bench',
      comment: 'Nothing imports a benchmark: it runs as soon as it is loaded.',
      severity: 'error',
      from: { pathNot: '^bench/' },
      to: { path: '^bench/' },
    },
    {
      name: 'no-circle',
      comment: 'These files import each other in a circle: move what both need into a third file.',
      severity: 'error',
      from: { path: '^([^/]+)/' },
      // A circle through several rooms breaks an arrow, which says it better.
      to: { circular: true, viaOnly: { path: '^$1/' } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|build|coverage)/' },
    // Imports of types are arrows too.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
