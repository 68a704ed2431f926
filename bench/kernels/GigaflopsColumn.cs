using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>Thousand millions of floating-point operations per second, by the textbook count of each task, whatever a library really does.</summary>
internal sealed class GigaflopsColumn : IColumn
{
    public string Id => nameof(GigaflopsColumn);

    public string ColumnName => "GFLOP/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Operations of the textbook algorithm per nanosecond";

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        var statistics = summary[benchmarkCase]?.ResultStatistics;
        if (statistics is null) return "?";
        if (benchmarkCase.Descriptor.Type == typeof(KnapsackBenchmarks)) return "-";
        return (Operations(benchmarkCase) / statistics.Mean).ToString("F1", CultureInfo.InvariantCulture);
    }

    private static double Operations(BenchmarkCase benchmarkCase)
    {
        var parameters = benchmarkCase.Parameters;
        if (parameters["Shape"] is ConvolutionShape c) return 2.0 * c.In * c.Out * c.Kernel * c.Kernel * c.Side * c.Side;
        if (parameters["Shape"] is ProductShape shape) return 2.0 * shape.Rows * shape.Depth * shape.Columns;
        var cube = Math.Pow((int)parameters["N"], 3);
        var type = benchmarkCase.Descriptor.Type;
        // Reduction, accumulation and QL with vectors: about 4/3 + 4/3 + 6 (Golub and Van Loan, section 8.3: 9 n³ in all).
        return type == typeof(SymmetricEigenBenchmarks) ? 9 * cube : cube / 3;
    }
}
