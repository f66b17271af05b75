/** A tab that GraphiQL opens with. The page fills in variables that are empty, from answers to earlier steps. */
type Step = { query: string; variables?: string };

const variables = (...names: string[]) =>
  JSON.stringify(
    Object.fromEntries(names.map((name) => [name, name === 'expectedVersion' ? 0 : ''])),
    null,
    2,
  );

const errors = '... on Error { code message }';

const signIn = (title: string, field: string, comment: string): Step => ({
  query: `${comment}
mutation ${title} {
  ${field}(input: {
    email: "me@example.com"
    password: "correct horse battery"
  }) {
    ... on Login {
      accessToken refreshToken expiresAt
      user { email }
    }
    ${errors}
  }
}
`,
});

const register = signIn(
  'Register',
  'register',
  `# Opens an account. This page then signs
# every request, and renews the token.`,
);
const login = signIn(
  'Login',
  'login',
  `# Signs in to an account that you have.
# This page then signs every request.`,
);

const work: Step[] = [
  {
    query: `# Sign in, then press play in each tab from
# left to right. Ids that are empty under
# Variables fill in by themselves.
mutation CreateCampaign {
  createCampaign(input: {
    name: "Spring launch"
    brand: "Alpenglow Coffee"
    description: """
      Light roast from the hills above town.
      A tin of 250 g is 12 euros, a refill 9.
      Our tins are made to be filled again.
      Ask readers to bring their empty tin.
    """
    tone: FRIENDLY
    targetAudience: "City people who cycle to work"
    language: "en"
    channel: INSTAGRAM
  }) {
    ... on Campaign { id name }
    ${errors}
  }
}
`,
  },
  {
    query: `# Orders 30 posts and returns at once.
mutation StartBatch($campaignId: ID!) {
  startBatch(input: {
    campaignId: $campaignId
    postCount: 30
  }) {
    ... on Batch { id status }
    ${errors}
  }
}
`,
    variables: variables('campaignId'),
  },
  {
    query: `# Shows each post as it is made, from the
# first on, whenever you start to watch.
subscription Watch($batchId: ID!) {
  batchEvents(batchId: $batchId) {
    __typename
    ... on PostStageEvent { postId stage }
    ... on PostCompletedEvent {
      post { id version caption imageUrl }
      progress { completedCount postCount }
    }
    ... on PostFailedEvent { errorMessage }
    ... on BatchCompletedEvent {
      progress { completedCount failedCount }
      batch {
        posts(first: 30) {
          edges { node { id caption imageUrl } }
        }
      }
    }
  }
}
`,
    variables: variables('batchId'),
  },
  {
    query: `# What the batch has made. Point at an
# address of an image to see it.
query Posts($batchId: ID!) {
  batch(id: $batchId) {
    status
    cost
    posts(first: 5) {
      edges {
        node {
          id version caption hashtags
          imageUrl review
        }
      }
    }
  }
}
`,
    variables: variables('batchId'),
  },
  {
    query: `# Writes a caption of your own. The version
# keeps you from overwriting others' work.
mutation EditPost(
  $postId: ID!
  $expectedVersion: Int!
) {
  editPost(input: {
    postId: $postId
    expectedVersion: $expectedVersion
    caption: "In your own words"
  }) {
    ... on Post {
      id version caption
      revisions { number field isCurrent }
    }
    ${errors}
  }
}
`,
    variables: variables('postId', 'expectedVersion'),
  },
  {
    query: `# Has the image made anew.
mutation RegeneratePost($postId: ID!) {
  regeneratePost(input: {
    postId: $postId
    part: IMAGE
    instruction: "Show the tins"
  }) {
    ... on Post { id version status }
    ${errors}
  }
}
`,
    variables: variables('postId'),
  },
  {
    query: `# Looks at the post. Run it again until the
# status is COMPLETED.
query Post($postId: ID!) {
  post(id: $postId) {
    id version status caption imageUrl review
  }
}
`,
    variables: variables('postId'),
  },
  {
    query: `# Approves the post as it is now. From then
# on, only people change what it shows.
#
# Then export the batch with the button
# "Download ZIP" above.
mutation ApprovePost(
  $postId: ID!
  $expectedVersion: Int!
) {
  approvePost(input: {
    postId: $postId
    expectedVersion: $expectedVersion
  }) {
    ... on Post { id version review }
    ${errors}
  }
}
`,
    variables: variables('postId', 'expectedVersion'),
  },
];

/**
 * The main job, one tab a step.
 *
 * @param developmentAccount whether a button signs in; without it, the tabs that sign in come first.
 */
export function stepsOf(developmentAccount: boolean): readonly Step[] {
  return developmentAccount ? [...work, register, login] : [register, login, ...work];
}
