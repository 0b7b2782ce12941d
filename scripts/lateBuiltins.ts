import { builtinModules } from 'node:module'
import type { Plugin } from 'esbuild'

const BUILTIN = /^(?:node:)?([a-z_/0-9]+)$/

/** Modules that take several ms to load and that the first frame does not need. None of their functions asks for its `this`. */
const SLOW = ['crypto', 'child_process', 'http', 'https', 'sqlite', 'tls', 'worker_threads', 'zlib']

/**
 * Has the programs load the slow modules of Node when they first use them. And of no module does it read all exports, as an
 * `import` does: some load others, and reading `process.stdin` makes it. Together 30 ms of the time to the first frame.
 */
export const lateBuiltins: Plugin = {
  name: 'late-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: BUILTIN }, ({ path, kind }) => {
      // `require` reads no exports, and gives what is not an object of them (`events` is a function).
      if (kind === 'require-call') return undefined
      const name = BUILTIN.exec(path)?.[1] ?? ''
      const isBuiltin = builtinModules.includes(name) || builtinModules.includes(`node:${name}`)
      return isBuiltin ? { path: name, namespace: 'builtin' } : undefined
    })
    onLoad({ filter: /.*/, namespace: 'builtin' }, async ({ path: name }) => {
      const exported = Object.keys(await import(`node:${name}`)).filter(
        key => key !== 'default' && key !== 'module.exports',
      )
      return { contents: (SLOW.includes(name) ? lateModule : usedModule)(name, exported), loader: 'js' }
    })
  },
}

/** A module that has the exports of Node's module, and asks Node for it when one of them is read. */
function lateModule(name: string, exported: readonly string[]): string {
  const getters = exported.map(key => `get ${key}() { return load().${key} }`)
  return `let loaded
const load = () => (loaded ??= process.getBuiltinModule('node:${name}'))
module.exports = { ${getters.join(', ')} }`
}

/** A module that reads those exports of Node's module that the program uses; the build leaves the others out. */
function usedModule(name: string, exported: readonly string[]): string {
  const exports = exported.map(key => `export const ${key} = /* @__PURE__ */ (() => loaded.${key})()`)
  return `const loaded = process.getBuiltinModule('node:${name}')
export default loaded
${exports.join('\n')}`
}
