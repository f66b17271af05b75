import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { addBar } from './browser/bar.ts';
import { createFetcher, resultsIn } from './browser/fetcher.ts';
import { keepIds, withIds } from './browser/ids.ts';
import { openSession } from './browser/session.ts';
import { downloadZip, isUnauthenticated, start } from './browser/start.ts';
import { at, store, stored, textAt } from './browser/values.ts';
import { stepsOf } from './steps.ts';

/** What runs in the browser: the text of these functions, which therefore use nothing but each other. */
const functions = [
  [at, textAt, stored, store, withIds, keepIds],
  [openSession, addBar, resultsIn, createFetcher, isUnauthenticated, downloadZip, start],
];
const program = functions.flat().join('\n');

const rendering = 'YogaGraphiQL.renderYogaGraphiQL(';

/**
 * GraphiQL's page with a bar above it that signs in. All of it is inline: it works offline.
 *
 * The page has no right of its own: its button calls the public `register` and `login`, as anybody may. No cookie signs
 * requests, so other sites cannot forge them; the tokens lie in the origin's localStorage, and all other answers of this
 * origin are forbidden to run scripts (`security-headers.ts`).
 *
 * @param developmentAccount whether to offer the button; false in production.
 */
export function renderPage(options: {
  title: string;
  endpoint: string;
  developmentAccount: boolean;
}): string {
  const { title, endpoint, developmentAccount } = options;
  const page = renderGraphiQL({ title });
  const at = page.lastIndexOf(rendering);
  if (at < 0) throw new Error('The page of GraphiQL is not made as it was');
  const given = { endpoint, developmentAccount, tabs: stepsOf(developmentAccount) };
  const prepare = `const pressrunOptions = (() => {\n${program}\nreturn start(${JSON.stringify(given)});\n})();`;
  return `${page.slice(0, at)}${prepare}\n${page.slice(at).replace('{', '{ ...pressrunOptions, ')}`;
}
