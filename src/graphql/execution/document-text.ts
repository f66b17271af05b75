import { GraphQLError, Lexer, Source, TokenKind, type Token } from 'graphql';

export const maxDocumentCharacters = 50_000;

const limits = {
  tokens: 2_000,
  /** How deep brackets stand within brackets: the parser and what follows it have a stack to lose. */
  nesting: 50,
  /** Names come back in answers and errors, again and again. */
  nameCharacters: 100,
};

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Measures the text of a document before it is parsed, in one pass that ends at the first limit.
 *
 * @returns why it is refused; undefined where it may be parsed.
 * @throws GraphQLError for text that GraphQL's lexer cannot read.
 */
export function checkDocumentText(text: string): GraphQLError | undefined {
  if (text.length > maxDocumentCharacters) return documentTooLarge();
  let tokens = 0;
  let nesting = 0;
  for (const token of tokensOf(text)) {
    tokens += 1;
    if (opening.has(token.kind)) nesting += 1;
    else if (closing.has(token.kind)) nesting -= 1;
    const isLongName = token.kind === TokenKind.NAME && token.value.length > limits.nameCharacters;
    if (tokens > limits.tokens || nesting > limits.nesting || isLongName) return documentTooLarge();
  }
  return undefined;
}

export function documentTooLarge(): GraphQLError {
  return new GraphQLError('This document asks for too much at once. Ask for less, or in several requests.', {
    extensions: { code: 'DOCUMENT_TOO_LARGE', http: { status: 400 } },
  });
}

function* tokensOf(text: string): Generator<Token, void, undefined> {
  const lexer = new Lexer(new Source(text));
  while (lexer.advance().kind !== TokenKind.EOF) yield lexer.token;
}
