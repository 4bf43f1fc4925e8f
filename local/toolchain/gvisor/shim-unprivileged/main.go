// Binary containerd-shim-runsc-v1 for computers where CAP_SYS_RESOURCE is missing.
//
// gVisor's own shim gives itself oom_score_adj -999 in its start command and fails
// without the capability ("failed to set OOM Score on shim", pkg/shim/v1/service.go).
// This one is gVisor's shim with that step left out; everything else is upstream's.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/runtime/v2/shim"
	runsc "gvisor.dev/gvisor/pkg/shim/v1"
)

// addressFile is where containerd and the shim's delete command look for the socket.
const addressFile = "address"

func main() {
	shim.Run("io.containerd.runsc.v1", newShim)
}

func newShim(ctx context.Context, id string, publisher shim.Publisher, shutdown func()) (shim.Shim, error) {
	upstream, err := runsc.New(ctx, id, publisher, shutdown)
	if err != nil {
		return nil, err
	}
	return &withoutOOMScore{upstream}, nil
}

type withoutOOMScore struct{ shim.Shim }

// StartShim starts the serving process and returns the address of its socket,
// as upstream does with grouping off.
func (s *withoutOOMScore) StartShim(ctx context.Context, opts shim.StartOpts) (_ string, err error) {
	address, err := shim.SocketAddress(ctx, opts.Address, opts.ID)
	if err != nil {
		return "", err
	}
	socket, err := shim.NewSocket(address)
	if err != nil {
		return "", fmt.Errorf("create shim socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = socket.Close()
			_ = shim.RemoveSocket(address)
		}
	}()
	file, err := socket.File()
	if err != nil {
		return "", err
	}
	defer file.Close()
	cmd, err := servingCommand(ctx, opts, file)
	if err != nil {
		return "", err
	}
	if err := shim.WriteAddress(addressFile, address); err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	go func() { _ = cmd.Wait() }()
	if err := shim.WritePidFile("shim.pid", cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		return "", err
	}
	return address, nil
}

func servingCommand(ctx context.Context, opts shim.StartOpts, socket *os.File) (*exec.Cmd, error) {
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self,
		"-namespace", namespace,
		"-address", opts.Address,
		"-publish-binary", opts.ContainerdBinary)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	cmd.ExtraFiles = []*os.File{socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}
