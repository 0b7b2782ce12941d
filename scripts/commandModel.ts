import type { Argument, Command, Option } from 'commander'
import { defineChatd } from '../src/server/flags.ts'
import { defineChatTui } from '../src/tui/commandLine.ts'

/** A command line as documents need it. */
export interface CommandModel {
  readonly name: string
  readonly description: string
  readonly arguments: readonly ArgumentModel[]
  readonly options: readonly OptionModel[]
  readonly commands: readonly CommandModel[]
}

/** What stands behind the options. */
export interface ArgumentModel {
  /** As the help shows it: `<name>`, `[room]`, `<file...>`. */
  readonly shown: string
  readonly description: string
  /** The only words that are taken; empty: any. */
  readonly choices: readonly string[]
}

/** An option. */
export interface OptionModel {
  /** `-l` and `--listen`. */
  readonly names: readonly string[]
  /** As the help shows it: `<host:port>`, `[cidr...]`; undefined for an option without a value. */
  readonly value: string | undefined
  /** A sentence, with the choices and the default. */
  readonly description: string
  readonly choices: readonly string[]
  readonly isRepeatable: boolean
}

/** The command line of the daemon. */
export function chatdModel(): CommandModel {
  return modelOf(defineChatd(() => undefined))
}

/** The command line of the client. It reads `join` by itself, so commander does not know it. */
export function chatTuiModel(): CommandModel {
  const model = modelOf(defineChatTui(() => undefined))
  const link: ArgumentModel = { shown: '<link>', description: '', choices: [] }
  const join = { ...model, name: 'join', description: 'take an invitation', arguments: [link] }
  return { ...model, commands: [join] }
}

/** Reads a definition of commander. */
function modelOf(command: Command): CommandModel {
  const help = command.createHelp()
  return {
    name: command.name(),
    description: command.description(),
    arguments: command.registeredArguments.map(argumentOf),
    options: help
      .visibleOptions(command)
      .map(option => ({ ...optionOf(option), description: help.optionDescription(option) })),
    commands: help
      .visibleCommands(command)
      .filter(one => one.name() !== 'help')
      .map(modelOf),
  }
}

/** All commands that do something, each with the names that lead to it. */
export function pathsOf(model: CommandModel, above: readonly string[] = []): readonly CommandPath[] {
  return model.commands.flatMap(one => {
    const words = [...above, one.name]
    return [{ words, command: one }, ...pathsOf(one, words)]
  })
}

/** A command below the program. */
export interface CommandPath {
  /** `user`, `add`. */
  readonly words: readonly string[]
  readonly command: CommandModel
}

function argumentOf(argument: Argument): ArgumentModel {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return {
    shown: argument.required ? `<${name}>` : `[${name}]`,
    description: argument.description,
    choices: argument.argChoices ?? wordsOf(argument.description),
  }
}

/** Some arguments check themselves, and only their description says the words: `user, admin or bot`. */
function wordsOf(description: string): readonly string[] {
  const words = description.split(/, | or /)
  return words.length > 1 && words.every(word => /^[a-z]+$/.test(word)) ? words : []
}

function optionOf(option: Option): OptionModel {
  return {
    names: [option.short, option.long].filter(name => name !== undefined),
    value: /[<[].*$/.exec(option.flags)?.[0],
    description: option.description,
    choices: option.argChoices ?? [],
    isRepeatable: option.variadic || option.description.includes('several times'),
  }
}
