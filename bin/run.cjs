'use strict'
// Old syntax, and no module loaded before the check: this runs on any Node and tells the user of an old one what to do.

var NEEDED = [24, 15]

module.exports = function run(program) {
  if (isTooOld(process.versions.node)) {
    fail(
      program +
        ' needs Node ' +
        NEEDED.join('.') +
        ' or newer and this is ' +
        process.versions.node +
        '; without installing one: npx -p node@24 -p chat-tui ' +
        program,
    )
  }
  // SIGUSR1 would open a debugger on a port. --disable-sigusr1 in the first line would say the same, and an old Node, which does
  // not know the flag, would end with "bad option" in place of the sentence above.
  process.on('SIGUSR1', function () {})
  var path = require('path')
  var entry = path.join(__dirname, '..', 'dist', program + '.js')
  if (!require('fs').existsSync(entry)) fail(program + ' is not built here; run: npm run build')
  if (process.env.NODE_ENV === undefined) process.env.NODE_ENV = 'production'
  keepCompiledCode(path)
  import(require('url').pathToFileURL(entry).href)
    .then(function (built) {
      return built.main(process.argv)
    })
    .catch(function (error) {
      process.stderr.write((error && error.stack) || String(error))
      process.stderr.write('\n')
      process.exit(1)
    })
}

// Keeps compiled code between starts where no other user can write; Node's default directory is below /tmp.
function keepCompiledCode(path) {
  try {
    var fs = require('fs')
    var given = process.env.XDG_CACHE_HOME
    var home = require('os').homedir()
    var caches
    if (given && path.isAbsolute(given)) caches = given
    // A missing home directory is not created.
    else if (path.isAbsolute(home) && fs.existsSync(home)) caches = path.join(home, '.cache')
    else return
    var directory = path.join(caches, 'chat-tui', 'compiled')
    makeDirectory(fs, path, directory)
    // Node creates a directory in it, and never ends where that fails with ENOENT (a mount whose directory is gone).
    fs.rmdirSync(fs.mkdtempSync(path.join(directory, 'try-')))
    require('module').enableCompileCache(directory)
  } catch (_) {
    // Without a directory the program starts without the cache.
  }
}

// One level at a time: Node's recursive mkdir never ends where a directory exists and nothing can be created in it.
function makeDirectory(fs, path, directory) {
  if (fs.existsSync(directory)) return
  var parent = path.dirname(directory)
  if (parent !== directory) makeDirectory(fs, path, parent)
  try {
    fs.mkdirSync(directory, 448) // 0700
  } catch (error) {
    // Another start may have created it meanwhile.
    if (error.code !== 'EEXIST') throw error
  }
}

function isTooOld(version) {
  var parts = version.split('.').map(Number)
  return parts[0] < NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] < NEEDED[1])
}

function fail(sentence) {
  process.stderr.write(sentence + '\n')
  process.exit(1)
}
