//go:build !nochat

package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	config "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answer"
	"github.com/portreeve/portreeve/internal/notify/letter"
	"github.com/portreeve/portreeve/internal/notify/redact"
)

// telegramAPI is where bots are spoken to (https://core.telegram.org/bots/api).
const telegramAPI = "https://api.telegram.org"

// A telegram tells by a bot. It is safe for concurrent use.
type telegram struct {
	api    string
	bot    config.Config
	client *http.Client
	redact redact.Redactor
	log    *slog.Logger

	turn chan struct{} // holds a value while nobody sends; guards what follows
	key  string        // of the notice that some chats have
	told map[string]bool
}

var _ notify.Sender = (*telegram)(nil)

// openTelegram reads the library's URL: telegram://TOKEN@telegram?chats=ID,ID.
func openTelegram(u *url.URL, hidden redact.Redactor, log *slog.Logger) (notify.Sender, error) {
	const hint = "write it as in telegram://123456:token@telegram?chats=@channel,-1001234"
	t := &telegram{
		api: telegramAPI, client: answer.Client(http.ProxyFromEnvironment),
		redact: hidden, log: log, turn: make(chan struct{}, 1),
	}
	t.bot.Preview, t.bot.Notification = true, true
	if err := t.bot.SetURL(u); err != nil {
		return nil, wrong(fmt.Errorf("the URL of telegram is not right: %s", hidden.Text(err.Error())), hint)
	}
	if t.bot.ParseMode != config.ParseModeNone {
		return nil, wrong(errors.New("the URL of telegram asks for a parse mode"), "leave it out: notices are plain text, which Telegram would refuse as anything else")
	}
	t.turn <- struct{}{}
	return t, nil
}

// Send implements [notify.Sender]. A chat that has the notice does not get it
// again while others are tried.
func (t *telegram) Send(ctx context.Context, n notify.Notice) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-t.turn:
	case <-ctx.Done():
		return &notify.Failure{Err: errors.New("telegram is still busy with another notice")}
	}
	defer func() { t.turn <- struct{}{} }()
	if t.key != n.Key {
		t.key, t.told = n.Key, map[string]bool{}
	}
	var failed []error
	for _, chat := range t.bot.Chats {
		if t.told[chat] {
			continue
		}
		if err := t.tell(ctx, chat, letter.Short(n)); err != nil {
			failed = append(failed, err)
			continue
		}
		t.told[chat] = true
	}
	return t.settle(failed)
}

// settle judges a notice by the chats that did not take it. It is lost for good
// if none ever will; while one may yet, it is repeated as it is for that one;
// and a chat that refuses it for good loses it for nobody else.
func (t *telegram) settle(failed []error) error {
	for _, err := range failed {
		if f := notify.Fails(err); !f.Permanent {
			f.Doubtful = f.Doubtful || len(t.told) > 0
			return &f
		}
	}
	if len(failed) > 0 && len(t.told) == 0 {
		return failed[0]
	}
	for _, err := range failed {
		t.log.Warn("notice not taken by a chat, others have it", "key", t.key, "err", err)
	}
	t.key = ""
	return nil
}

// tell posts a text to one chat, "ID" or "ID:THREAD".
func (t *telegram) tell(ctx context.Context, chat, text string) error {
	id, thread, _ := strings.Cut(chat, ":")
	message := map[string]any{
		"chat_id": id, "text": text, "disable_notification": !t.bot.Notification,
		"link_preview_options": map[string]bool{"is_disabled": !t.bot.Preview},
	}
	if n, err := strconv.Atoi(thread); err == nil {
		message["message_thread_id"] = n
	}
	body, err := json.Marshal(message)
	if err != nil {
		return &notify.Failure{Err: fmt.Errorf("write the JSON for telegram: %w", err), Permanent: true}
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"portreeve"}}
	reply, err := answer.Post(ctx, t.client, t.api+"/bot"+t.bot.Token+"/sendMessage", header, body)
	if err != nil {
		f := notify.Fails(err)
		f.Err = errors.New("telegram: " + t.redact.Text(f.Err.Error()))
		return &f
	}
	return t.judge(reply)
}

// judge says what an answer means. The wait is in its body.
func (t *telegram) judge(r *answer.Reply) error {
	var said struct {
		Description string
		Parameters  struct {
			RetryAfter int `json:"retry_after"`
		}
	}
	words := "telegram: " + answer.Words(r.Status)
	if json.Unmarshal(r.Body, &said) == nil && said.Description != "" {
		words += ": " + t.redact.Text(said.Description)
	}
	if said.Parameters.RetryAfter > 0 {
		r.RetryAfter = strconv.Itoa(said.Parameters.RetryAfter)
	}
	return answer.Judge(r.Status, r.RetryAfter, time.Now(), words)
}
