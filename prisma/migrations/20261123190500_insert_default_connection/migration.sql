-- Why: clients expect a new tenant to hold a database connection of this name.
-- Locks: the row it inserts.
-- Undo: DELETE FROM connections WHERE name = 'Username-Password-Authentication';

INSERT INTO connections (id, name, strategy, strategy_kind, realms, enabled_clients, authentication, connected_accounts)
VALUES ('con_' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16),
        'Username-Password-Authentication', 'auth0', 'database', '{Username-Password-Authentication}', '{}',
        '{"active": true}', '{"active": false}')
ON CONFLICT (name) DO NOTHING;
