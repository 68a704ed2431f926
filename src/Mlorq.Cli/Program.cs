using System.Runtime.InteropServices;
using Mlorq.Cli;

using var cancel = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var terminal = Terminal.OfProcess(cancel.Token);
return Interruption.Run(() => CommandLine.Run(args, terminal), terminal.Leftovers, cancel.Token);

// The first signal asks the work to end in order; a second one ends the process at once.
void Stop(PosixSignalContext context)
{
    if (cancel.IsCancellationRequested) return;
    context.Cancel = true;
    cancel.Cancel();
}
