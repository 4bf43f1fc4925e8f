#!/usr/bin/env node
// Plain JavaScript on purpose: it must run, and say one clear thing, on a Node.js that is too old for the rest.
'use strict';

const path = require('path');

const root = path.join(__dirname, '..');
const needed = require('../package.json').engines.node.replace('>=', '').split('.').map(Number);
const running = process.versions.node.split('.').map(Number);

if (running[0] < needed[0] || (running[0] === needed[0] && running[1] < needed[1])) {
  process.stderr.write(
    `secure-ai needs Node.js ${needed.join('.')} or newer and this is ${process.version}. ` +
      'Fix: install a newer Node.js from https://nodejs.org and run the command again.\n',
  );
  process.exitCode = 3;
} else {
  // The project's own tsconfig, whatever the current directory is.
  require('ts-node').register({ dir: root, project: path.join(root, 'tsconfig.json') });
  require('./main').main(process.argv.slice(2));
}
