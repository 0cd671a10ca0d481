/** What a form's fields hold, as texts. */
export interface Fields {
  /** Without the blanks around it; empty when the field is not there. */
  readonly text: (name: string) => string;
  /** As it was typed: a password. */
  readonly exact: (name: string) => string;
  /** Of several check boxes of one name, those that are checked. */
  readonly all: (name: string) => readonly string[];
  /** Words with commas between them. */
  readonly words: (name: string) => readonly string[];
}

export const fieldsOf = (form: HTMLFormElement): Fields => {
  const data = new FormData(form);
  const all = (name: string): readonly string[] => data.getAll(name).filter((value) => typeof value === 'string');
  const exact = (name: string): string => all(name)[0] ?? '';
  return { all, exact, text: (name) => exact(name).trim(), words: (name) => wordsOf(exact(name)) };
};

export const wordsOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
