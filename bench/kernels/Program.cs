using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlorq.Benchmarks.Kernels;
using Perfolizer.Horology;

// One thread for all: MathNet is told here, ONNX Runtime in its session, our own kernels have no other.
MathNet.Numerics.Control.UseSingleThread();

var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
if (args.Contains("--short"))
{
    job = job.WithIterationTime(TimeInterval.FromMilliseconds(150)).WithWarmupCount(2).WithIterationCount(4);
}

var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(ConsoleLogger.Default)
    .AddExporter(MarkdownExporter.GitHub)
    .AddColumn(TargetMethodColumn.Method, StatisticColumn.Mean, StatisticColumn.StdDev, BaselineRatioColumn.RatioMean, new GigaflopsColumn())
    .AddColumnProvider(DefaultColumnProviders.Params);

string[] rest = [.. args.Where(argument => argument != "--short")];
BenchmarkSwitcher.FromAssembly(typeof(GigaflopsColumn).Assembly).Run(rest.Length == 0 ? ["--filter", "*"] : rest, config);
return 0;
