#include "front/emoji_names.h"

static const struct emoji_name emoji_names[] = {
    {"thumbsup", "👍"},   {"heart", "❤️"},  {"joy", "😂"},      {"tada", "🎉"},     {"smile", "😄"},
    {"cry", "😢"},        {"fire", "🔥"},        {"eyes", "👀"},     {"check", "✅"},    {"thanks", "🙏"},
    {"thumbsdown", "👎"}, {"clap", "👏"},        {"rocket", "🚀"},   {"wave", "👋"},     {"thinking", "🤔"},
    {"100", "💯"},        {"cross", "❌"},       {"grin", "😁"},     {"wink", "😉"},     {"sweat", "😅"},
    {"rofl", "🤣"},    {"cool", "😎"},        {"love", "😍"},     {"kiss", "😘"},     {"angry", "😠"},
    {"sad", "😞"},        {"scream", "😱"},      {"sleep", "😴"},    {"shrug", "🤷"}, {"facepalm", "🤦"},
    {"muscle", "💪"},     {"ok", "👌"},          {"point", "👉"},    {"raised", "🙌"},   {"handshake", "🤝"},
    {"bulb", "💡"},       {"star", "⭐"},        {"sparkles", "✨"}, {"zap", "⚡"},      {"warning", "⚠️"},
    {"question", "❓"},   {"exclamation", "❗"}, {"lock", "🔒"},     {"key", "🔑"},      {"bell", "🔔"},
    {"pin", "📌"},        {"link", "🔗"},        {"calendar", "📅"}, {"clock", "⏰"},    {"hourglass", "⏳"},
    {"mail", "📧"},       {"phone", "📞"},       {"computer", "💻"}, {"bug", "🐛"},      {"wrench", "🔧"},
    {"package", "📦"},    {"bookmark", "🔖"},    {"memo", "📝"},     {"coffee", "☕"},   {"beer", "🍺"},
    {"pizza", "🍕"},      {"cake", "🍰"},        {"gift", "🎁"},     {"sun", "☀️"}, {"moon", "🌙"},
    {"rain", "🌧️"}, {"snow", "❄️"},   {"cat", "🐱"},      {"dog", "🐶"},      {"party", "🥳"},
};

const struct emoji_name *emoji_names_at(size_t index)
{
	return index < sizeof emoji_names / sizeof *emoji_names ? &emoji_names[index] : 0;
}
