import { GraphQLError, Lexer, Source, TokenKind, type Token } from 'graphql';

/** The maximum characters of a document. */
export const maxDocumentCharacters = 50_000;

const limits = {
  tokens: 2_000,
  /** Nesting of brackets: the parser is recursive, so deep nesting would overflow the stack. */
  nesting: 50,
  /** Names are repeated in answers and errors. */
  nameCharacters: 100,
};

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Checks the text of a document before it is parsed, in one pass that ends at the first exceeded limit.
 *
 * @returns the error if the text exceeds a limit.
 * @throws GraphQLError if the lexer cannot read the text.
 */
export function checkDocumentText(text: string): GraphQLError | undefined {
  if (text.length > maxDocumentCharacters) return documentTooLarge(maxDocumentCharacters, 'characters');
  let tokens = 0;
  let nesting = 0;
  for (const token of tokensOf(text)) {
    tokens += 1;
    if (opening.has(token.kind)) nesting += 1;
    else if (closing.has(token.kind)) nesting -= 1;
    if (tokens > limits.tokens) return documentTooLarge(limits.tokens, 'tokens');
    if (nesting > limits.nesting) return documentTooLarge(limits.nesting, 'levels of brackets');
    if (token.kind === TokenKind.NAME && token.value.length > limits.nameCharacters)
      return documentTooLarge(limits.nameCharacters, 'characters in one name');
  }
  return undefined;
}

/** @returns the error for a document that has more than `limit` of what `unit` names. */
export function documentTooLarge(limit: number, unit: string): GraphQLError {
  const what = `more than ${limit.toLocaleString('en')} ${unit}`;
  return new GraphQLError(
    `The document is too large: it has ${what}. Ask for less, or in several requests.`,
    {
      extensions: { code: 'DOCUMENT_TOO_LARGE', http: { status: 400 } },
    },
  );
}

function* tokensOf(text: string): Generator<Token, void, undefined> {
  const lexer = new Lexer(new Source(text));
  while (lexer.advance().kind !== TokenKind.EOF) yield lexer.token;
}
