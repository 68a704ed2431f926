using System.Runtime.InteropServices;
using Mlorq.Numerics;
using Mlorq.Statistics;

namespace Mlorq.Resuming;

/// <summary>What rounding needs to know of the layers' inputs, as bytes: whole, and in the parts that are finished one after another.</summary>
internal static class StatisticsRecords
{
    // In the state of a run whose analysis is not finished.
    private const string MomentsSection = AnalysisRecords.Prefix + "moments";
    private const string FitsSection = AnalysisRecords.Prefix + "fits";
    private const string GradientsSection = AnalysisRecords.Prefix + "squares of gradients";

    public static void Write(BinaryWriter writer, LayerStatistics statistics)
    {
        writer.Write((int)statistics.Weighting);
        Write(writer, statistics.Inputs);
        Write(writer, statistics.Fits);
        Write(writer, statistics.Gradients);
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter, LayerStatistics)"/> wrote.</summary>
    public static LayerStatistics Read(BinaryReader reader)
    {
        var weighting = (ErrorWeighting)reader.ReadInt32();
        var (inputs, fits) = (ReadInputs(reader), ReadFits(reader));
        return new LayerStatistics(weighting, inputs, ReadGradients(reader)) { Fits = fits };
    }

    /// <summary>Moments of an interrupted run, or else computed and kept.</summary>
    public static InputStatistics Moments(SavedState? state, Func<InputStatistics> compute) => SavedState.Once(state, MomentsSection, ReadInputs, Write, compute);

    /// <summary>Fits of an interrupted run, or else computed and kept; what only they are made of is not kept any more.</summary>
    public static IReadOnlyDictionary<string, LayerFit> Fits(SavedState? state, LayerStatistics statistics, Func<IReadOnlyDictionary<string, LayerFit>> compute) =>
        SavedState.Once(state, FitsSection, ReadFits, Write, () =>
        {
            var fits = compute();
            var wholes = statistics.WithoutHalves();
            state?.Put(MomentsSection, w => Write(w, wholes.Inputs));
            state?.Put(GradientsSection, w => Write(w, wholes.Gradients));
            return fits;
        });

    /// <summary>Squares of gradients of an interrupted run, or else computed and kept.</summary>
    public static GradientSquares? Gradients(SavedState? state, Func<GradientSquares?> compute) => SavedState.Once(state, GradientsSection, ReadGradients, Write, compute);

    private static void Write(BinaryWriter writer, InputStatistics inputs) => WriteEntries(writer, inputs.ByInput, moments =>
    {
        writer.Write(moments.Count);
        LayerRecords.WriteArray(writer, moments.Mean);
        Write(writer, moments.Second);
        writer.Write(moments.Half is not null);
        if (moments.Half is not { } half) return;
        writer.Write(half.Count);
        Write(writer, half.Second);
    });

    private static InputStatistics ReadInputs(BinaryReader reader) => new(ReadEntries(reader, () =>
    {
        var moments = new InputMoments(reader.ReadInt64(), LayerRecords.ReadArray<double>(reader), ReadMatrix(reader));
        return reader.ReadBoolean() ? moments with { Half = (reader.ReadInt64(), ReadMatrix(reader)) } : moments;
    }));

    private static void Write(BinaryWriter writer, IReadOnlyDictionary<string, LayerFit> fits) => WriteEntries(writer, fits, fit =>
    {
        writer.Write(fit.Ridge);
        writer.Write(fit.Growth);
        writer.Write(fit.Rows is not null);
        if (fit.Rows is not { } rows) return;
        writer.Write(rows.Ridge);
        writer.Write(rows.Remainder);
    });

    private static Dictionary<string, LayerFit> ReadFits(BinaryReader reader) => ReadEntries(reader, () => new LayerFit(reader.ReadDouble(), reader.ReadDouble())
    {
        Rows = reader.ReadBoolean() ? new RowFit(reader.ReadDouble(), reader.ReadDouble()) : null,
    });

    private static void Write(BinaryWriter writer, GradientSquares? gradients)
    {
        writer.Write(gradients is not null);
        if (gradients is null) return;
        WriteEntries(writer, gradients.Rows, rows => LayerRecords.WriteArray(writer, rows));
        foreach (var matrices in (IReadOnlyDictionary<string, Matrix<double>>[])[gradients.Tokens, gradients.Outputs, gradients.Hessians]) Write(writer, matrices);
        writer.Write(gradients.Halved is not null);
        if (gradients.Halved is not { } halved) return;
        Write(writer, HalvesOf(halved.Tokens, gradients.Tokens));
        Write(writer, HalvesOf(halved.Outputs, gradients.Outputs));
    }

    private static GradientSquares? ReadGradients(BinaryReader reader)
    {
        if (!reader.ReadBoolean()) return null;
        var gradients = new GradientSquares(ReadEntries(reader, () => LayerRecords.ReadArray<double>(reader)), ReadMatrices(reader), ReadMatrices(reader), ReadMatrices(reader));
        return reader.ReadBoolean() ? gradients with { Halved = (ReadHalves(reader, gradients.Tokens), ReadHalves(reader, gradients.Outputs)) } : gradients;
    }

    // Of the sums that are zero there are no halves worth keeping.
    private static Dictionary<string, Matrix<double>> HalvesOf(IReadOnlyDictionary<string, HalvedSum> sums, IReadOnlyDictionary<string, Matrix<double>> wholes) =>
        wholes.ToDictionary(w => w.Key, w => sums[w.Key].Half);

    private static Dictionary<string, HalvedSum> ReadHalves(BinaryReader reader, IReadOnlyDictionary<string, Matrix<double>> wholes) =>
        ReadMatrices(reader).ToDictionary(h => h.Key, h => new HalvedSum(wholes[h.Key], h.Value));

    private static void WriteEntries<T>(BinaryWriter writer, IReadOnlyDictionary<string, T> entries, Action<T> write)
    {
        writer.Write(entries.Count);
        foreach (var (name, value) in entries)
        {
            writer.Write(name);
            write(value);
        }
    }

    private static Dictionary<string, T> ReadEntries<T>(BinaryReader reader, Func<T> read) =>
        Enumerable.Range(0, reader.ReadInt32()).Select(_ => (Name: reader.ReadString(), Value: read())).ToDictionary(e => e.Name, e => e.Value);

    private static void Write(BinaryWriter writer, IReadOnlyDictionary<string, Matrix<double>> matrices) => WriteEntries(writer, matrices, matrix => Write(writer, matrix));

    private static Dictionary<string, Matrix<double>> ReadMatrices(BinaryReader reader) => ReadEntries(reader, () => ReadMatrix(reader));

    // Moments are symmetric to the bit on most processors; half of them is enough then.
    private static void Write(BinaryWriter writer, Matrix<double> matrix)
    {
        writer.Write(matrix.Rows);
        writer.Write(matrix.Columns);
        var isSymmetric = IsSymmetric(matrix);
        writer.Write(isSymmetric);
        for (var i = 0; i < matrix.Rows; i++) writer.Write(MemoryMarshal.AsBytes(matrix.Row(i)[(isSymmetric ? i : 0)..]));
    }

    private static Matrix<double> ReadMatrix(BinaryReader reader)
    {
        var matrix = new Matrix<double>(reader.ReadInt32(), reader.ReadInt32());
        var isSymmetric = reader.ReadBoolean();
        for (var i = 0; i < matrix.Rows; i++)
        {
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(matrix.Row(i)[(isSymmetric ? i : 0)..]));
            for (var j = isSymmetric ? 0 : i; j < i; j++) matrix[i, j] = matrix[j, i];
        }

        return matrix;
    }

    private static bool IsSymmetric(Matrix<double> matrix)
    {
        if (matrix.Rows != matrix.Columns) return false;
        for (var i = 0; i < matrix.Rows; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (BitConverter.DoubleToInt64Bits(matrix[i, j]) != BitConverter.DoubleToInt64Bits(matrix[j, i])) return false;
            }
        }

        return true;
    }
}
