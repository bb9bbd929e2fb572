package web

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A signUpInput is an app that wants to be watched.
type signUpInput struct {
	RawBody []byte `contentType:"application/json"`
}

// A changeInput is one that wants to be watched otherwise.
type changeInput struct {
	Name    string `path:"name" maxLength:"63" doc:"Its name" example:"shop-api"`
	RawBody []byte `contentType:"application/json"`
}

// A registeredInput names a registration.
type registeredInput struct {
	Name string `path:"name" maxLength:"63" doc:"Its name" example:"shop-api"`
}

// A receipt is what an app gets for signing up.
type receipt struct {
	Name      string               `json:"name"`
	Outcome   registration.Outcome `json:"outcome" enum:"created,restarted,taken_over,changed"`
	Token     string               `json:"token,omitempty" doc:"The owner's token, said once: keep it, for it is what changes, pauses and removes this. Absent where the one that was shown stays good"`
	Notes     []string             `json:"notes,omitempty" doc:"What was done otherwise than asked, and why"`
	Restarts  int                  `json:"restarts" doc:"How often it was signed up again"`
	CrashLoop bool                 `json:"crash_loop" doc:"Whether it keeps restarting: three times in ten minutes"`
	Check     string               `json:"check" doc:"Where to read what is believed of it"`
	Page      string               `json:"page" doc:"The same for people"`
	Push      string               `json:"push,omitempty" doc:"Where its heartbeats go, if it sends any"`
	Spec      health.Spec          `json:"spec" doc:"What is asked, in full"`
}

type receiptAnswer struct {
	Status       int
	CacheControl string `header:"Cache-Control"`
	Location     string `header:"Location"`
	Body         receipt
}

func receiptOf(r registration.Receipt, now time.Time) *receiptAnswer {
	name := r.Spec.Name
	out := &receiptAnswer{Status: http.StatusOK, CacheControl: "no-store", Body: receipt{
		Name: name, Outcome: r.Outcome, Token: r.Secret, Notes: r.Notes, Restarts: r.Restarts, CrashLoop: r.CrashLoop(now),
		Check: checksPath + "/" + url.PathEscape(name), Page: checkPagePath(name), Spec: r.Spec,
	}}
	if isPush(&r.Spec) {
		out.Body.Push = pushPath + url.PathEscape(name)
	}
	if r.Outcome == registration.Created {
		out.Status, out.Location = http.StatusCreated, out.Body.Check
	}
	return out
}

// A registered is what is known of a registration, for its owner.
type registered struct {
	Name           string              `json:"name"`
	Owner          string              `json:"owner" doc:"Who signed it up: token NAME, address 192.0.2.7, or this machine"`
	Address        netip.Addr          `json:"address,omitzero" doc:"Whence"`
	Created        time.Time           `json:"created"`
	Renewed        time.Time           `json:"renewed" doc:"When it was signed up last"`
	Restarts       int                 `json:"restarts"`
	RecentRestarts int                 `json:"recent_restarts" doc:"Of the last ten minutes, up to three"`
	CrashLoop      bool                `json:"crash_loop"`
	Conflict       bool                `json:"conflict" doc:"Whether the configuration has a check of this name, which is asked instead"`
	Wrong          []health.FieldError `json:"wrong,omitempty" doc:"Why it is not asked, though it is kept"`
	Paused         bool                `json:"paused"`
	Status         health.Status       `json:"status"`
	Overlays       []health.Overlay    `json:"overlays,omitempty"`
	Since          time.Time           `json:"since,omitzero" doc:"Of the status"`
	Down           time.Time           `json:"down_since,omitzero"`
	Last           *health.Result      `json:"last,omitempty" doc:"The last result; absent before the first"`
	Next           time.Time           `json:"next_due,omitzero"`
	Spec           health.Spec         `json:"spec"`
}

type registeredAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         registered
}

// registeredOf tells of a registration; st may be nil, or of a configured check.
func registeredOf(r *registration.Registration, st *health.State, now time.Time) registered {
	out := registered{
		Name: r.Spec.Name, Owner: r.Owner, Address: r.Addr, Created: r.Created, Renewed: r.Renewed, Restarts: r.Restarts,
		RecentRestarts: r.RecentRestarts(now), CrashLoop: r.CrashLoop(now), Conflict: r.Conflict, Wrong: r.Wrong, Status: health.Unknown, Spec: r.Spec,
	}
	if st != nil && st.Spec.Origin.Registered() {
		out.Paused, out.Status, out.Overlays, out.Since, out.Down = st.Has(health.Paused), st.Status, st.Overlays, st.Since, st.Down
		out.Last, out.Next = st.Last, st.Next
	}
	return out
}

// registration describes an operation of who signs up.
func registrationOp(id, method, path, summary, description string, errors ...int) huma.Operation {
	op := request(id, method, path, summary, description, append(errors, http.StatusTooManyRequests)...)
	op.Tags = []string{"registration"}
	op.Security = []map[string][]string{{}, {"bearer": {}}} // nothing: from an address that the configuration admits
	return op
}

// registerRegistrations adds what apps may ask for, where somebody keeps it.
func (s *Server) registerRegistrations(api huma.API) {
	if s.options.Registrar == nil {
		return
	}
	s.registerSignUp(api)
	s.registerChange(api)
	s.registerRemoval(api)
	s.registerInfo(api)
}

// describeCheckBody says what an operation's body is. Huma does not read it: what
// is wrong with it is named field by field, also where a field cannot be read.
func describeCheckBody(api huma.API, op *huma.Operation) {
	op.RequestBody.Content["application/json"].Schema = api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[checkBody](), true, "")
}

func (s *Server) registerSignUp(api huma.API) {
	op := registrationOp("register", http.MethodPost, "/checks", "Sign a check up", "For apps that want to be watched. A token of the scope register may, and, without any token, callers of this machine and of the networks that the configuration names. "+
		"The answer has the owner's token, once. Who signs its own name up again has restarted: that is counted, and resumes a paused check. Targets are tcp, tls, http, https, and push for heartbeats; one without a host, as http://:3000/health, means the caller's own address.", 409)
	op.DefaultStatus, op.SkipValidateBody = http.StatusCreated, true
	huma.Register(api, op, func(ctx context.Context, in *signUpInput) (*receiptAnswer, error) {
		c := callerIn(ctx)
		body, err := readCheckBody(in.RawBody)
		if err != nil {
			return nil, err
		}
		if c.Token == "" && !s.options.Door.Admits(c) && body.Name != c.Owns {
			return nil, (&problem{Status: http.StatusForbidden, Detail: "This is the token of the registration " + c.Owns + ", and signs up nothing else.", Hint: "Show a token of the scope register."}).titled()
		}
		got, err := s.options.Registrar.Register(ctx, c, body.request())
		if err != nil {
			return nil, s.refusal("sign up "+clipped(body.Name), err)
		}
		return receiptOf(got, time.Now()), nil
	})
	describeCheckBody(api, api.OpenAPI().Paths[op.Path].Post)
}

func (s *Server) registerChange(api huma.API) {
	op := registrationOp("change", http.MethodPut, "/checks/{name}", "Change a registration", "Its definition is replaced by this one. Its owner may, by the owner's token or from where it was signed up.", 404, 409)
	op.SkipValidateBody = true
	huma.Register(api, op, func(ctx context.Context, in *changeInput) (*receiptAnswer, error) {
		c := callerIn(ctx)
		body, err := readCheckBody(in.RawBody)
		if err != nil {
			return nil, err
		}
		body.named(in.Name)
		got, err := s.options.Registrar.Change(ctx, c, in.Name, body.request())
		if err != nil {
			return nil, s.refusal("change "+clipped(in.Name), err)
		}
		return receiptOf(got, time.Now()), nil
	})
	describeCheckBody(api, api.OpenAPI().Paths[op.Path].Put)
}

func (s *Server) registerRemoval(api huma.API) {
	op := registrationOp("deregister", http.MethodDelete, "/checks/{name}", "Sign a check off", "It is asked no more, and its owner's token ends. What has happened to it stays in the journal.", 404)
	huma.Register(api, op, func(ctx context.Context, in *registeredInput) (*struct{}, error) {
		if err := s.options.Registrar.Remove(ctx, callerIn(ctx), in.Name); err != nil {
			return nil, s.refusal("sign off "+clipped(in.Name), err)
		}
		return nil, nil
	})
}

func (s *Server) registerInfo(api huma.API) {
	op := get("registration", "/checks/{name}/registration", "One registration", "Who signed a check up, how often it restarted, and how it is. For its owner, by the owner's token or from where it was signed up.", 404, 422)
	op.Tags = []string{"registration"}
	huma.Register(api, op, func(_ context.Context, in *registeredInput) (*registeredAnswer, error) {
		r, ok := s.options.Registrar.Registration(in.Name)
		if !ok {
			return nil, huma.Error404NotFound("nobody has signed this name up")
		}
		return &registeredAnswer{"no-store", registeredOf(&r, s.board.View().FindCheck(in.Name), time.Now())}, nil
	})
}
