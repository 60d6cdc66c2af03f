-- Why: which users belong to which organizations.
-- Locks: organizations and users, SHARE ROW EXCLUSIVE while the keys are added; both are read, not rewritten.
-- Undo: DROP TABLE organization_members;

CREATE TABLE organization_members (
    organization_id TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    created_at      TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT organization_members_pkey PRIMARY KEY (organization_id, user_id),
    CONSTRAINT organization_members_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT organization_members_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (user_id) ON DELETE CASCADE ON UPDATE NO ACTION
);

-- The order of the list.
CREATE INDEX organization_members_organization_id_created_at_user_id_idx
    ON organization_members (organization_id, created_at, user_id);
-- A user's organizations, in the order of their list; deleting a user finds its memberships by it too.
CREATE INDEX organization_members_user_id_organization_id_idx ON organization_members (user_id, organization_id);
