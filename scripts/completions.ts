import { type CommandModel, chatdModel, chatTuiModel, type OptionModel, pathsOf } from './commandModel.ts'

/**
 * The completions of both programs by the names of their files. They are whole scripts: a completion that asks the program at each
 * Tab starts Node each time.
 */
export function completions(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [chatdModel(), chatTuiModel()].flatMap(model => [
      [`${model.name}.bash`, bash(model)],
      [`_${model.name}`, zsh(model)],
      [`${model.name}.fish`, fish(model)],
    ]),
  )
}

/** What can stand behind an option or as an argument. */
type Kind = 'nothing' | 'any' | 'file' | 'directory' | 'group'

/** A program, or a command below it, with the words that lead to it. */
interface Place {
  readonly words: readonly string[]
  readonly command: CommandModel
}

function placesOf(model: CommandModel): readonly Place[] {
  return [{ words: [], command: model }, ...pathsOf(model)]
}

function kindOf(shown: string | undefined): Kind {
  if (shown === undefined) return 'nothing'
  if (/^[<[](file|key)\b/.test(shown)) return 'file'
  if (/^[<[]dir\b/.test(shown)) return 'directory'
  return /^[<[]group\b/.test(shown) ? 'group' : 'any'
}

function identifier(program: string, words: readonly string[] = []): string {
  return `_${[program, ...words].join('_').replaceAll('-', '_')}`
}

const MADE = '# Made by scripts/completions.ts from the definitions of the programs.'

const BASH: Readonly<Record<Kind, string>> = {
  nothing: '',
  any: '',
  file: 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))',
  directory: 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"))',
  group: 'COMPREPLY=($(compgen -g -- "$cur"))',
}

function bash(model: CommandModel): string {
  const places = placesOf(model)
  const pathOf = (words: readonly string[]): string => words.map(word => ` ${word}`).join('')
  const ways = pathsOf(model).map(({ words }) => `      '${pathOf(words)}') path='${pathOf(words)}' ;;`)
  const values = places.flatMap(({ words, command }) =>
    command.options
      .filter(({ value }) => value !== undefined)
      .map(option => {
        const names = option.names.map(name => `'${pathOf(words)} ${name}'`).join(' | ')
        return `    ${names}) ${bashValue(option)} return ;;`
      }),
  )
  const words = places.map(({ words, command }) => {
    const options = command.options.flatMap(({ names }) => names)
    const others = [...command.commands.map(({ name }) => name), ...choicesOf(command)]
    const files = takesFile(command) ? `${BASH.file}; ` : ''
    return `    '${pathOf(words)}') ${files}options='${options.join(' ')}' words='${others.join(' ')}' ;;`
  })
  return `${MADE}
${identifier(model.name)}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} path='' options='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
${ways.join('\n')}
    esac
  done
  case "$path $prev" in
${values.join('\n')}
  esac
  case "$path" in
${words.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  else
    COMPREPLY+=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -F ${identifier(model.name)} ${model.name}
`
}

function bashValue({ choices, value }: OptionModel): string {
  if (choices.length > 0) return `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur"));`
  const made = BASH[kindOf(value)]
  return made === '' ? '' : `${made};`
}

const ZSH: Readonly<Record<Kind, string>> = {
  nothing: '',
  any: ' ',
  file: '_files',
  directory: '_files -/',
  group: '_groups',
}

function zsh(model: CommandModel): string {
  return `#compdef ${model.name}
${MADE}
${placesOf(model)
  .map(({ words, command }) => zshFunction(model.name, words, command))
  .join('\n')}
${identifier(model.name)} "$@"
`
}

function zshFunction(program: string, words: readonly string[], command: CommandModel): string {
  const options = command.options.map(zshOption)
  const name = identifier(program, words)
  if (command.commands.length === 0) {
    const given = command.arguments.map(({ shown, choices }, i) => {
      const action = choices.length > 0 ? `(${choices.join(' ')})` : ZSH[kindOf(shown)]
      return `'${i + 1}:${shown.replaceAll(/[<>[\].]/g, '')}:${action}'`
    })
    return `${name}() {\n  _arguments -s ${[...options, ...given].join(' \\\n    ')}\n}\n`
  }
  const commands = command.commands.map(
    one => `    ${shellQuoted(`${one.name}:${one.description.replaceAll(':', '\\:')}`)}`,
  )
  const cases = command.commands.map(
    one => `        ${one.name}) ${identifier(program, [...words, one.name])} ;;`,
  )
  return `${name}() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  local -a commands=(
${commands.join('\n')}
  )
  _arguments -s -C ${[...options, "'1:command:->command'", "'*::argument:->argument'"].join(' \\\n    ')}
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}
`
}

function zshOption({ names, value, description, choices, isRepeatable }: OptionModel): string {
  const said = shellQuoted(`[${description.replaceAll(/[[\]\\]/g, '\\$&').replaceAll(':', '\\:')}]`)
  const action = choices.length > 0 ? `(${choices.join(' ')})` : ZSH[kindOf(value)]
  const after = value === undefined ? '' : `':${value.replaceAll(/[<>[\].:=]/g, ' ').trim()}:${action}'`
  const again = isRepeatable ? "'*'" : names.length > 1 ? `'(${names.join(' ')})'` : ''
  return `${again}${names.length > 1 ? `{${names.join(',')}}` : (names[0] ?? '')}${said}${after}`
}

const FISH: Readonly<Record<Kind, string>> = {
  nothing: '',
  any: ' -x',
  file: ' -r -F',
  directory: " -x -a '(__fish_complete_directories)'",
  group: " -x -a '(__fish_complete_groups)'",
}

function fish(model: CommandModel): string {
  const at = `_${identifier(model.name)}_at`
  const known = pathsOf(model).map(({ words }) => shellQuoted(words.join(' ')))
  const rules = placesOf(model).flatMap(({ words, command }) => {
    const rule = `complete -c ${model.name} -n ${shellQuoted(`${at} ${shellQuoted(words.join(' '))}`)}`
    return [
      ...command.options.map(option => `${rule}${fishOption(option)}`),
      ...command.commands.map(one => `${rule} -a ${one.name} -d ${shellQuoted(one.description)}`),
      ...choicesOf(command).map(word => `${rule} -a ${word}`),
      ...(takesFile(command) ? [`${rule} -F`] : []),
    ]
  })
  return `${MADE}
# Whether the words before the cursor lead to this command.
function ${at}
    set -l path
    for word in (commandline -opc)[2..-1]
        contains -- (string trim -- "$path $word") ${known.join(' ')}; and set -a path $word
    end
    test "$path" = "$argv[1]"
end
complete -c ${model.name} -f
${rules.join('\n')}
`
}

function fishOption({ names, value, description, choices }: OptionModel): string {
  const flags = names.map(name => (name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`))
  const after = choices.length > 0 ? ` -x -a ${shellQuoted(choices.join(' '))}` : FISH[kindOf(value)]
  return `${flags.join('')}${after} -d ${shellQuoted(description)}`
}

function choicesOf(command: CommandModel): readonly string[] {
  return command.arguments.flatMap(({ choices }) => choices)
}

function takesFile(command: CommandModel): boolean {
  return command.arguments.some(({ shown }) => kindOf(shown) === 'file')
}

function shellQuoted(words: string): string {
  return `'${words.replaceAll("'", "'\\''")}'`
}
