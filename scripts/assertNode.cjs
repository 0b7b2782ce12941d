'use strict'
// Runs before the TypeScript scripts, so on any Node: old syntax, nothing loaded. The project brings its own Node as a
// package whose install script fetches it. If that script was blocked, the machine's Node would run the scripts and end
// with an obscure error.

var NEEDED = require('../package.json').devDependencies.node
var found = process.versions.node

if (parseInt(found, 10) < parseInt(NEEDED, 10)) {
  process.stderr.write(
    'This is Node ' +
      found +
      ' and the project works with its own, ' +
      NEEDED +
      ', which is not here: run `npm ci` with install scripts allowed (not --ignore-scripts).\n',
  )
  if (process.env.npm_lifecycle_event === 'pretest') process.stdout.write('0 passed, 1 failed\n')
  process.exit(1)
}
