/** What your CRM would be asked: people by their number. */
export const contacts = {
  '+15550100001': { name: 'Ada Lovelace', company: 'Analytical Engines Ltd', note: 'Asked for an offer for two more engines.' },
  '+15550100002': { name: 'Grace Hopper', company: 'Compilers & Sons', note: 'Prefers to be called in the morning.' },
  102: { name: 'Tom Sawyer', company: 'Colleague', note: 'Fence painting.' },
};
