/** Our title of the window, and links to addresses that the screen shows, whole. No text of others can be inside them. */
const OWN = [
  /\x1b\]2;[^\0-\x1f\x7f-\x9f]*chat-tui\x07/g,
  /\x1b\]2;\x07/g,
  /\x1b\]8;;(?:(?:https?:\/\/|mailto:)[!-~]+)?\x07/g,
] as const

/** The output of a screen without the sequences beyond colours that the screen itself writes. */
export function withoutOwnSequences(raw: string): string {
  return OWN.reduce((rest, sequence) => rest.replace(sequence, ''), raw)
}
