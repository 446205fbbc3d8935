package norikae.failover.model;

import norikae.failover.model.Outcome.Refusal;

/** Who belongs to the cluster, and who may join it. Used once and by one thread. */
final class MemberCommands {

    private final Draft draft;

    MemberCommands(Draft draft) {
        this.draft = draft;
    }

    Outcome addNode(Command.AddNode c) {
        NodeRecord known = draft.nodes.get(c.node().id());
        if (c.node().equals(known)) {
            return Draft.accepted();
        }
        for (NodeRecord other : draft.nodes.values()) {
            if (!other.id().equals(c.node().id())
                    && other.address().equals(c.node().address())) {
                return Draft.refused(
                        Refusal.ADDRESS_IN_USE,
                        "address " + c.node().address() + " belongs to node " + other.id() + ": give node "
                                + c.node().id() + " another one");
            }
        }
        if (known != null && c.node().witness() && draft.ownsServices(known.id())) {
            return Draft.refused(
                    Refusal.NODE_BUSY, "node " + known.id() + " owns services and cannot become a witness");
        }
        if (known != null && c.node().witness()) {
            MoveRecord move = draft.mayEndAt(known.id());
            if (move != null) {
                return Draft.refused(Refusal.NODE_BUSY, Refusals.busyWith(known.id(), move));
            }
        }
        draft.nodes.put(c.node().id(), c.node());
        draft.event(
                c,
                "node-joined",
                c.node().id().value(),
                (c.node().witness() ? "witness " : "node ") + c.node().id() + " joined at "
                        + c.node().address());
        return Draft.accepted();
    }

    Outcome removeNode(Command.RemoveNode c) {
        if (!draft.nodes.containsKey(c.node())) {
            return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(c.node()));
        }
        if (draft.ownsServices(c.node())) {
            return Draft.refused(
                    Refusal.NODE_BUSY,
                    "node " + c.node() + " still owns services: run 'norikae drain " + c.node() + "'");
        }
        MoveRecord move = draft.mayEndAt(c.node());
        if (move != null) {
            return Draft.refused(Refusal.NODE_BUSY, Refusals.busyWith(c.node(), move));
        }
        for (Volume volume : draft.volumes.values()) {
            if (volume.copyOn(c.node()) != null) {
                return Draft.refused(
                        Refusal.NODE_BUSY,
                        "node " + c.node() + " holds a copy of volume " + volume.name() + ": remove that first");
            }
        }
        draft.nodes.remove(c.node());
        draft.health.remove(c.node());
        draft.event(c, "node-left", c.node().value(), "node " + c.node() + " left");
        return Draft.accepted();
    }

    Outcome issueToken(Command.IssueToken c) {
        draft.tokens.values().removeIf(t -> t.expiresAtMillis() < c.atMillis());
        draft.tokens.put(c.tokenId(), new JoinToken(c.tokenId(), c.expiresAtMillis(), false));
        return Draft.accepted();
    }

    Outcome spendToken(Command.SpendToken c) {
        JoinToken token = draft.tokens.get(c.tokenId());
        if (token == null) {
            return Draft.refused(
                    Refusal.UNKNOWN_TOKEN, "this join token is not known here: make one with 'norikae node token'");
        }
        if (token.used()) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED, "this join token was used already: make another with 'norikae node token'");
        }
        if (token.expiresAtMillis() < c.atMillis()) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED, "this join token has expired: make another with 'norikae node token'");
        }
        draft.tokens.put(c.tokenId(), token.spent());
        return Draft.accepted();
    }
}
