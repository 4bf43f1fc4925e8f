// Binary kube-network-policies enforces the NetworkPolicies of the pods of one node of a local cluster.
//
// The judging is upstream's (sigs.k8s.io/kube-network-policies): the kernel hands it the first packet of each
// connection through an NFQUEUE. What is different from upstream's own main, and why:
//   - The rules that queue packets are iptables' (see local/node/network-policies.ts). Upstream lays its own with
//     nftables' "queue", which not every kernel has (CONFIG_NFT_QUEUE); where it has, a packet is judged twice, alike.
//   - A kubeconfig names the API server. Upstream's main works inside a pod only.
//   - It ends when containerd was started anew, and is then started anew itself: upstream learns the addresses of
//     pods from containerd before the API server knows them, and connects to it only once.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	nfqueue "github.com/florianl/go-nfqueue"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// nriSocket is where containerd tells plugins of pods (pkg/api of github.com/containerd/nri).
const nriSocket = "/var/run/nri/nri.sock"

func main() {
	check := flag.Bool("check", false, "only try whether this kernel has packet queues; the reason why not goes to stderr")
	queue := flag.Int("queue", 0, "number of the NFQUEUE that the rules name")
	kubeconfig := flag.String("kubeconfig", "", "file that says how to reach the API server")
	node := flag.String("node", "", "name of the node")
	flag.Parse()

	var err error
	if *check {
		err = tryQueue(uint16(*queue))
	} else {
		err = run(*kubeconfig, *node, *queue)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tryQueue binds the queue and lets it go, in the network namespace of this process.
func tryQueue(queue uint16) error {
	handle, err := nfqueue.Open(&nfqueue.Config{NfQueue: queue, MaxPacketLen: 128, MaxQueueLen: 1, Copymode: nfqueue.NfQnlCopyPacket})
	if err != nil {
		return fmt.Errorf("the kernel has no packet queues (CONFIG_NETFILTER_NETLINK_QUEUE): %w", err)
	}
	defer handle.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	accept := func(nfqueue.Attribute) int { return 0 }
	ignore := func(error) int { return 0 }
	if err := handle.RegisterWithErrorFunc(ctx, accept, ignore); err != nil {
		return fmt.Errorf("the kernel does not bind packet queue %d (CONFIG_NETFILTER_NETLINK_QUEUE): %w", queue, err)
	}
	return nil
}

func run(kubeconfig, node string, queue int) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()

	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	// Upstream tells "egress: []" from no egress at all by nil, which only protobuf keeps apart as it expects.
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}

	containerd, err := awaitFile(ctx, nriSocket)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	controller, err := networkpolicy.NewController(
		client,
		factory.Networking().V1().NetworkPolicies(),
		factory.Core().V1().Namespaces(),
		factory.Core().V1().Pods(),
		nil, nil, nil, nil,
		networkpolicy.Config{NodeName: node, QueueID: queue},
	)
	if err != nil {
		return err
	}
	go func() {
		awaitReplacement(ctx, nriSocket, containerd)
		if ctx.Err() == nil {
			klog.Info("containerd was started anew, so this ends")
		}
		cancel()
	}()
	factory.Start(ctx.Done())
	return controller.Run(ctx)
}

const pollInterval = 200 * time.Millisecond

func awaitFile(ctx context.Context, path string) (os.FileInfo, error) {
	for {
		if info, err := os.Stat(path); err == nil {
			return info, nil
		}
		if !pause(ctx) {
			return nil, ctx.Err()
		}
	}
}

// awaitReplacement returns when there is another file at path than old, or ctx is done.
func awaitReplacement(ctx context.Context, path string, old os.FileInfo) {
	for pause(ctx) {
		if info, err := os.Stat(path); err == nil && !(os.SameFile(old, info) && info.ModTime().Equal(old.ModTime())) {
			return
		}
	}
}

func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pollInterval):
		return true
	}
}
