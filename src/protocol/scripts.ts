/**
 * Scripts whose writers set no spaces between words, and Hangul, whose writers join particles to them: a part of a
 * regular expression with the flag `v`, for use within brackets.
 */
export const UNSPACED_SCRIPTS =
  '\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Bopomofo}\\p{scx=Hangul}\\p{scx=Yi}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}\\p{scx=Tibetan}\\p{scx=Javanese}\\p{scx=Balinese}\\p{scx=Tai_Tham}\\p{scx=New_Tai_Lue}\\p{scx=Tai_Viet}'
