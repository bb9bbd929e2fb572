# portreeve in an image of one static file.
#
# It watches the machine whose namespaces it shares, so give it the host's:
#
#   docker run --network host --pid host -v portreeve:/var/lib/portreeve portreeve
#
# The page is then on the host's loopback, port 9860. An ordinary user sees the
# owners of no ports but its own, and the page says so. To see them all, add
#
#   --user 0 --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH
#
# and, where AppArmor confines containers, --security-opt apparmor=unconfined.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/portreeve ./cmd/portreeve \
 && mkdir /out/state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/portreeve /portreeve
COPY --from=build --chown=65532:65532 /out/state /var/lib/portreeve
USER 65532:65532
WORKDIR /var/lib/portreeve
VOLUME /var/lib/portreeve
ENTRYPOINT ["/portreeve"]
CMD ["serve"]
