#include "store/check_promise.h"

#include <stddef.h>

/* Both databases take these as they are. */
const char *const check_promises[] = {
    "SELECT 'room ' || r.name || ': entries ' || coalesce(min(e.seq), 0) || ' to ' || coalesce(max(e.seq), "
    "0) ||"
    " ' are ' || count(e.seq) || ', behind ' || r.purged_seq || ' purged ones: there is a gap'"
    " FROM rooms r JOIN entries e ON e.room = r.id WHERE NOT r.removed GROUP BY r.id"
    " HAVING count(*) <> max(e.seq) - min(e.seq) + 1 OR min(e.seq) <> r.purged_seq + 1",
    "SELECT 'entry ' || id || ': its room ' || room || ' does not exist' FROM entries"
    " WHERE room NOT IN (SELECT id FROM rooms)",
    "SELECT 'entry ' || id || ': deleted, but its text is there' FROM entries WHERE flags & 4 <> 0 AND text "
    "<> ''",
    "SELECT 'entry ' || e.id || ': changes message ' || e.ref || ', which is not there' FROM entries e"
    " JOIN rooms r ON r.id = e.room WHERE e.kind IN (2, 3, 4) AND e.ref > r.purged_seq AND NOT r.removed"
    " AND NOT EXISTS"
    " (SELECT 1 FROM entries t WHERE t.room = e.room AND t.seq = e.ref AND t.kind = 1)",
    "SELECT 'entry ' || e.id || ': its newest edit ' || e.latest || ' is not there' FROM entries e"
    " WHERE e.kind = 1 AND e.latest <> 0 AND NOT EXISTS"
    " (SELECT 1 FROM entries t WHERE t.room = e.room AND t.seq = e.latest AND t.kind = 2 AND t.ref = e.seq)",
    "SELECT 'send ' || s.id || ' of person ' || s.person || ': its entry ' || s.seq || ' is not there'"
    " FROM sends s JOIN rooms r ON r.id = s.room WHERE NOT r.removed AND s.seq > r.purged_seq AND NOT EXISTS"
    " (SELECT 1 FROM entries e WHERE e.room = s.room AND e.seq = s.seq)",
    "SELECT 'reaction to entry ' || entry || ': the entry is not there' FROM reactions"
    " WHERE entry NOT IN (SELECT id FROM entries)",
    "SELECT 'send ' || id || ' of person ' || person || ': there is no such person' FROM sends"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " AND person NOT IN (SELECT number FROM leftovers WHERE kind = 2)",
    "SELECT 'mention in room ' || room || ': message ' || seq || ' is not there' FROM mentions m"
    " WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.room = m.room AND e.seq = m.seq)",
    "SELECT 'person ' || name || ': the name is not as it should be for who is here or gone' FROM people"
    " WHERE (folded IS NULL) <> (kind = 2) OR (password IS NULL) <> (kind <> 1) OR (admin AND kind <> 1)",
    "SELECT 'person ' || name || ': gone, and without a conversation' FROM people p WHERE kind = 2 AND NOT"
    " EXISTS (SELECT 1 FROM rooms WHERE direct AND side_low = p.id) AND NOT EXISTS"
    " (SELECT 1 FROM rooms WHERE direct AND side_high = p.id)",
    "SELECT 'member: person ' || person || ' in room ' || room || ': one of them does not exist' FROM members"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " OR room NOT IN (SELECT id FROM rooms)",
    /* The lobby begins without one. */
    "SELECT 'room ' || name || ': it has members with an account, and no owner' FROM rooms r WHERE NOT direct"
    " AND NOT removed AND name <> '#lobby' AND NOT EXISTS"
    " (SELECT 1 FROM members m WHERE m.room = r.id AND m.role = 4) AND EXISTS (SELECT 1 FROM members m"
    " JOIN people p ON p.id = m.person AND p.kind = 1 WHERE m.room = r.id)",
    "SELECT 'conversation ' || name || ': one of its sides does not exist, or both are gone' FROM rooms r"
    " WHERE direct AND (SELECT count(*) FROM people p WHERE p.id IN (r.side_low, r.side_high)) +"
    " CASE WHEN EXISTS (SELECT 1 FROM people p WHERE p.id IN (r.side_low, r.side_high) AND p.kind <> 2)"
    " THEN 1 ELSE 0 END < CASE WHEN side_low = side_high THEN 2 ELSE 3 END",
    "SELECT 'session of person ' || person || ': there is no such person' FROM sessions"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)",
    "SELECT 'invitation of person ' || person || ' to room ' || room || ': one of them does not exist'"
    " FROM invitations WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " OR room NOT IN (SELECT id FROM rooms WHERE NOT removed)",
    "SELECT 'token of person ' || person || ': there is no such account' FROM tokens"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'passkey of person ' || person || ': there is no such account' FROM passkeys"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'push of person ' || person || ': it has no token ' || label FROM pushes p"
    " WHERE NOT EXISTS (SELECT 1 FROM tokens t WHERE t.person = p.person AND t.label = p.label)",
    "SELECT 'setting of person ' || person || ': there is no such account' FROM settings"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'link ' || key || ': its maker or its room is not there' FROM links"
    " WHERE maker <> 0 AND maker NOT IN (SELECT id FROM people WHERE kind = 1)"
    " OR room <> 0 AND room NOT IN (SELECT id FROM rooms WHERE NOT removed)",
    "SELECT 'link ' || key || ': used ' || used || ' times, by ' || (SELECT count(*) FROM link_uses u"
    " WHERE u.link = l.hash) || ' people' FROM links l WHERE used > uses OR used <>"
    " (SELECT count(*) FROM link_uses u WHERE u.link = l.hash)",
    "SELECT 'profile of person ' || person || ': there is no such account' FROM profiles"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'picture ' || picture || ' of person ' || person || ': there is no such file' FROM profiles"
    " WHERE picture <> '' AND picture NOT IN (SELECT id FROM files WHERE entry = -1 AND owner = person)",
    "SELECT 'pin of ' || seq || ' in room ' || room || ': there is no such room' FROM pins"
    " WHERE room NOT IN (SELECT id FROM rooms WHERE NOT removed)",
    "SELECT 'second factor of person ' || person || ': there is no such account' FROM"
    " (SELECT person FROM factors UNION SELECT person FROM recovery_codes) f"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'block of person ' || blocked || ' by ' || person || ': one of them does not exist' FROM blocks"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " OR blocked NOT IN (SELECT id FROM people WHERE kind <> 2)",
    "SELECT 'sanction ' || id || ': its room does not exist' FROM sanctions"
    " WHERE room NOT IN (SELECT id FROM rooms WHERE NOT removed)",
    "SELECT 'room ' || id || ': removed, and nobody is to clear it away' FROM rooms WHERE removed"
    " AND id NOT IN (SELECT number FROM leftovers WHERE kind = 3)",
    NULL,
};
